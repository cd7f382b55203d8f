"""Tenants' own templates: what they can say, what they can't, and that a bad one keeps nobody out."""

import pytest

from signpost.signin.screens.policy import content_security_policy
from signpost.signin.screens.rendering import render
from signpost.signin.screens.templates import (
    OUTPUT_MAX,
    PreviewVariation,
    check_template,
    preview_template,
    render_with_template,
)
from tests.unit.signin.screens.examples import show, show_all
from tests.unit.signin.screens.page import Page

GOOD = """<!doctype html>
<html lang="{{ screen.locale }}">
<head>{{ head }}<style>body { background: #eef }</style></head>
<body class="{{ 'calm' if experiment and experiment.config.tone == 'calm' else 'usual' }}">
<header><a href="https://larkfield.example/"><img src="/logo.png" alt="{{ screen.tenant_name | upper }}"></a></header>
<main>
{% if experiment %}<p>{{ experiment.name }}</p>{% endif %}
{% for item in experiment.config.items %}<p>{{ loop.index }} {{ item }}</p>{% endfor %}
{{ form }}
</main>
</body>
</html>
"""


def wrap(inner: str) -> str:
    return f"<html><head>{{{{ head }}}}</head><body>{{{{ form }}}}{inner}</body></html>"


def code_of(source: str) -> str | None:
    fault = check_template(source)
    return fault.code if fault else None


def test_a_right_template_holds_every_screen() -> None:
    assert check_template(GOOD) is None
    for screen in show_all():
        rendered = render_with_template(screen, GOOD)
        page = Page(rendered.html)

        assert rendered.fault is None
        assert page.find("header")
        assert page.one("h1").text == Page(render(screen)).one("h1").text
        assert len(page.find("form")) == len(Page(render(screen)).find("form"))


def test_a_template_reads_the_experiment_and_none_when_there_is_none() -> None:
    experiment = {"name": "Tone <of> voice", "config": {"tone": "calm", "items": ["a", "b"]}}

    treated = Page(render_with_template(show("login", experiment=experiment), GOOD).html)
    baseline = Page(render_with_template(show("login"), GOOD).html)

    assert treated.one("body").get("class") == "calm"
    assert [p.text for p in treated.find("p")][:3] == ["Tone <of> voice", "1 a", "2 b"]
    assert baseline.one("body").get("class") == "usual"


def test_a_preview_shows_each_variation() -> None:
    variations = {
        "control": PreviewVariation({}, {"name": "E", "config": {}}),
        "calm": PreviewVariation({"primary_button": "Go on"}, {"name": "E", "config": {"tone": "calm"}}),
    }

    previews = preview_template(GOOD, show("login"), variations)

    assert {name: Page(p.html).one("body").get("class") for name, p in previews.items()} == {
        "control": "usual",
        "calm": "calm",
    }
    assert ">Go on<" in previews["calm"].html
    assert ">Go on<" not in previews["control"].html


def test_a_bad_template_shows_the_built_in_page_and_tells_why() -> None:
    rendered = render_with_template(show("login"), "{% if %}")

    assert rendered.html == render(show("login"))
    assert rendered.fault is not None
    assert (rendered.fault.code, rendered.fault.line) == ("syntax", 1)


def test_no_template_is_the_built_in_page() -> None:
    rendered = render_with_template(show("login"), None)

    assert (rendered.html, rendered.fault) == (render(show("login")), None)


@pytest.mark.parametrize(
    "expression",
    [
        # The payloads that scanners and write-ups of template injection try first.
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ ''['__class__'] }}",
        "{{ [].__class__.__base__ }}",
        "{{ ()|attr('__class__') }}",
        "{{ screen|attr('\\x5f\\x5fclass\\x5f\\x5f') }}",
        "{{ self.__init__.__globals__ }}",
        "{{ self._TemplateReference__context }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ joiner.__init__.__globals__ }}",
        "{{ namespace.__init__.__globals__ }}",
        "{{ lipsum.__globals__['os'].popen('id').read() }}",
        "{{ url_for.__globals__ }}",
        "{{ get_flashed_messages.__globals__ }}",
        "{{ config.__class__.from_envvar }}",
        "{{ request.application.__globals__ }}",
        "{{ '%s' % screen }}",
        "{{ '{0.__class__}'.format(screen) }}",
        "{{ texts.title.format_map(screen) }}",
        "{{ screen.update({'name': 'x'}) }}",
        "{{ texts|map(attribute='__class__')|list }}",
        "{{ form|safe }}",
        "{{ '<b>'|safe }}",
        "{{ range(10**9)|list }}",
        "{{ 10**10**10 }}",
        "{{ 'a' * 10**9 }}",
        "{{ 'a'.center(10**9) }}",
        "{{ 'a' ~ 'b' }}",
        "{% set x = 'a' %}",
        "{% set x.y = 1 %}",
        "{% macro x() %}{{ x() }}{% endmacro %}{{ x() }}",
        "{% include '/etc/passwd' %}",
        "{% import 'os' as os %}",
        "{% extends 'page.html' %}",
        "{% filter upper %}x{% endfilter %}",
        "{% for a in texts recursive %}{{ loop(texts) }}{% endfor %}",
        "{% for a in texts %}{% for b in texts %}x{% endfor %}{% endfor %}",
        "{% for a in 'aaaa' %}x{% endfor %}",
        "{% for a, b in texts %}x{% endfor %}",
        "{% autoescape false %}x{% endautoescape %}",
        "{% debug %}",
        "{% do x %}",
        "{% with a = 1 %}{% endwith %}",
        "{% block a %}{% endblock %}",
        "{% trans %}x{% endtrans %}",
        "{{ texts[screen.name] }}",
        "{{ (" + "(" * 5000 + "1" + ")" * 5000 + ") }}",
        "{{ " + "not " * 5000 + "1 }}",
        "{{ " + "9" * 5000 + " }}",
        "{% if 1 %}" * 200 + "{% endif %}" * 200,
        "x" * (32 * 1024),
    ],
)
def test_a_template_cannot_leave_its_sandbox_or_take_long(expression: str) -> None:
    source = wrap(expression)

    fault = check_template(source)

    assert fault is not None
    assert fault.code in {"not_allowed", "syntax", "too_deep", "too_large"}
    assert render_with_template(show("login"), source).html == render(show("login"))


@pytest.mark.parametrize("name", ["csrf", "journey", "values", "facts", "codes", "keys", "items"])
def test_what_is_not_for_templates_is_empty(name: str) -> None:
    html = render_with_template(show("login"), wrap(f"<p class='x'>{{{{ screen['{name}'] }}}}</p>")).html

    assert Page(html).one("p", **{"class": "x"}).text == ""


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        "<script src='/u/static/passkeys.js'></script>",
        "<form action='https://evil.example'></form>",
        "<input name='password'>",
        "<button form='f' formaction='//evil.example'>x</button>",
        "<iframe src='https://a.example'></iframe>",
        "<base href='https://evil.example/'>",
        "<meta http-equiv='refresh' content='0'>",
        "<link rel='stylesheet' href='https://a.example'>",
        "<svg><script>1</script></svg>",
        "<p onclick='x'>y</p>",
        "<p style='color: red'>y</p>",
        "<p id='password'>y</p>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href=' javascript:alert(1)'>x</a>",
        "<a href='java&#10;script:alert(1)'>x</a>",
        "<a href='//evil.example'>x</a>",
        "<a href='{{ experiment.config.url }}'>x</a>",
        "<!-- x -->",
        "<!-- x",
        "<![CDATA[ x ]]>",
        "<?php x ?>",
        "<p",
        "<p class='",
        "<p>",
        "</p>",
        "<div/>",
        "<style>",
    ],
)
def test_a_template_puts_nothing_dangerous_around_the_form(inner: str) -> None:
    assert code_of(wrap(inner)) == "markup"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("", "no_head"),
        ("<html><head>{{ head }}</head><body></body></html>", "no_form"),
        ("<html><head>{{ head }}</head><body>{{ form }}{{ form }}</body></html>", "no_form"),
        ("<html><head>{{ head }}</head><body>{{ form | e | upper }}</body></html>", "no_form"),
        ("<html><head>{{ head }}{{ form }}</head><body></body></html>", "no_form"),
        ("<html><head></head><body>{{ head }}{{ form }}</body></html>", "no_head"),
        ("<html><head>{{ head }}</head><body><p title='{{ form }}'></p></body></html>", "no_form"),
        ("<html><head>{{ head }}</head><body><style>{{ form }}</style></body></html>", "no_form"),
        ("<html><head>{{ head }}</head><body>{% if experiment %}{{ form }}{% endif %}</body></html>", "no_form"),
        (
            "<html><head>{{ head }}</head><body>{% if screen.name != 'outbox' %}{{ form }}{% endif %}</body></html>",
            "no_form",
        ),
    ],
)
def test_a_template_has_the_form_on_every_screen_and_with_any_experiment(source: str, code: str) -> None:
    assert code_of(source) == code


def test_a_value_of_the_experiment_is_never_markup() -> None:
    experiment = {"name": "</p><script>alert(1)</script>{{ form }}", "config": {}}

    rendered = render_with_template(show("login", experiment=experiment), GOOD)

    assert rendered.fault is None
    assert "<script>" not in rendered.html


def test_a_template_makes_a_page_of_limited_length() -> None:
    source = wrap("{% for item in experiment.many %}" + "x" * 20_000 + "{% endfor %}")

    rendered = render_with_template(show("login", experiment={"many": list(range(10_000))}), source)

    assert rendered.fault is not None
    assert rendered.fault.code == "too_much_output"
    assert len(rendered.html) < OUTPUT_MAX


def test_a_loop_ends_after_fifty_items() -> None:
    source = wrap("{% for item in experiment.many %}<i>{{ item }}</i>{% endfor %}")

    html = render_with_template(show("login", experiment={"many": list(range(10_000))}), source).html

    assert len(Page(html).find("i")) == 50


def test_a_template_that_fails_on_a_value_falls_back() -> None:
    source = wrap("{% if experiment.config.size > 3 %}x{% endif %}")

    rendered = render_with_template(show("login", experiment={"config": {"size": "large"}}), source)

    assert rendered.html == render(show("login"))
    assert rendered.fault is not None
    assert rendered.fault.code == "failed"


def test_the_policy_lets_in_the_templates_own_style() -> None:
    html = render_with_template(show("login"), GOOD).html

    assert "'sha256-" in content_security_policy(html)
    assert "'sha256-" not in content_security_policy(render(show("login")))
