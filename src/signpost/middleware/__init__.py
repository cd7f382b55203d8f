"""Decisions where a Python sign-in is: a device cookie, and middleware for ASGI, Django and WSGI.

The frameworks' own parts are in `signpost.middleware.asgi`, `.django` and `.wsgi`; importing one loads no other.
"""

from signpost.middleware.cookies import DeviceCookies
from signpost.middleware.visits import Shown, Visit, Visits

__all__ = ["DeviceCookies", "Shown", "Visit", "Visits"]
