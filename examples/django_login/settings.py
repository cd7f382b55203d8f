"""Django's settings."""

from pathlib import Path

ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
MIDDLEWARE = [
    "django.middleware.csrf.CsrfViewMiddleware",
    "signpost.middleware.django.SignpostMiddleware",
]
ROOT_URLCONF = "examples.django_login.urls"
SECRET_KEY = "only good enough for an example, so choose another one"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "OPTIONS": {"context_processors": ["signpost.middleware.django.experiment"]},
    }
]

SIGNPOST = {
    "CLIENT": "examples.django_login.experiments.client",
    "FLOWS": {"/login": "authentication"},
    "SECURE": False,  # this example runs over plain http
}
