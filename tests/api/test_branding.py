"""A tenant's own template for the hosted pages."""

from tests.api.house import House, problem

PATH = "/api/v2/branding/templates/universal-login"
TEMPLATE = '<!doctype html><html lang="{{ screen.locale }}"><head>{{ head }}</head><body>{{ form }}</body></html>'


def test_a_template_is_kept_shown_and_taken_away(house: House) -> None:
    before = house.owner.get(PATH)
    kept = house.owner.put(PATH, {"template": TEMPLATE})
    shown = house.owner.shown(PATH)
    again = house.owner.put(PATH, {"template": TEMPLATE})
    removed = house.owner.delete(PATH)

    assert problem(before) == (404, "page_template_not_found")
    assert (kept.status_code, again.status_code, removed.status_code) == (204, 204, 204)
    assert shown == {"body": TEMPLATE}
    assert house.owner.get(PATH).status_code == 404
    assert house.owner.delete(PATH).status_code == 204


def test_a_template_that_would_fail_is_refused_with_the_reason_and_the_old_one_stays(house: House) -> None:
    house.owner.put(PATH, {"template": TEMPLATE})
    bad = [
        TEMPLATE.replace("{{ form }}", ""),
        TEMPLATE.replace("{{ form }}", "{{ form }}{{ config.items() }}"),
        TEMPLATE.replace("{{ form }}", "{{ form }}<script>1</script>"),
        "x" * 32_769,
        "",
    ]

    replies = [house.owner.put(PATH, {"template": template}) for template in bad]

    assert [problem(reply) for reply in replies] == [(400, "invalid_body")] * 5
    assert "must have {{ form }} once" in replies[0].json()["message"]
    assert house.owner.shown(PATH) == {"body": TEMPLATE}


def test_a_template_is_its_tenants_alone(house: House) -> None:
    other = house.caller(house.other_tenant)

    house.owner.put(PATH, {"template": TEMPLATE})

    assert other.get(PATH).status_code == 404
