"""`python -m examples.django_login runserver`: what is manage.py elsewhere."""

import os
import sys

from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "examples.django_login.settings")
execute_from_command_line(sys.argv)
