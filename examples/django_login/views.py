"""The sign-in."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_http_methods

from examples.django_login.experiments import client

USER, PASSWORD = "ada", "engine"
SIGNED_IN, WRONG_PASSWORD = "s", "fp"  # as Auth0's logs name them


@require_http_methods(["GET", "HEAD", "POST"])  # type: ignore[untyped-decorator]
def login(request: HttpRequest) -> HttpResponse:
    """Show the form; take it in."""
    if request.method != "POST":
        return render(request, "login.html")
    is_right = request.POST.get("user") == USER and constant_time_compare(request.POST.get("password", ""), PASSWORD)
    if client is not None:
        client.track(SIGNED_IN if is_right else WRONG_PASSWORD, unit=request.experiment.unit)
    if is_right:
        return HttpResponse("Welcome, Ada.")
    return render(request, "login.html", {"problem": "That was not right. Please try again."}, status=403)
