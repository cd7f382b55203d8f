"""What can be wrong with a tenant's template."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """Why a template is not used: a code for programs, a sentence for people, and the line where there is one."""

    code: str
    message: str
    line: int | None = None


@dataclass(eq=False)
class TemplateRefusedError(Exception):
    """A template can't be used."""

    fault: TemplateFault
