"""Paths and their views."""

from django.urls import path

from examples.django_login import views

urlpatterns = [path("login", views.login)]
