"""Rules and the contexts that are held against them: every operator, and its edges."""

from typing import Any

Rules = list[dict[str, Any]]
META = "anonymous_session_metadata."

RULES: list[tuple[Rules, list[dict[str, Any]]]] = [
    (
        [{"match": {"country": ["FR", "be"]}}],
        [{"country": v} for v in ("FR", "fr", "Fr", "BE", "DE", "", "FRA", " FR")]
        + [{}, {"country": None}, {"region": "FR"}],
    ),
    (
        [{"match": {"client_id": ["App1", "App2"]}}],
        [{"client_id": v} for v in ("App1", "app1", "APP1", "App2", "App12", "")]
        + [{}, {"client_id": 1}, {"CLIENT_ID": "App1"}],
    ),
    ([{"match": {"connection": ["Db"]}}], [{"connection": v} for v in ("Db", "db", "DB")]),
    ([{"match": {"organization_id": ["org_A"]}}], [{"organization_id": v} for v in ("org_A", "org_a")]),
    (
        [{"match": {META + "plan": ["Pro"]}}],
        [{META + "plan": v} for v in ("Pro", "pro", "")] + [{META + "Plan": "Pro"}, {"plan": "Pro"}],
    ),
    (
        [{"match": {"user_agent": {"contains": ["iphone", "iPad"]}}}],
        [{"user_agent": v} for v in ("Mozilla/5.0 (iPhone; CPU", "IPAD", "iPho ne", "")]
        + [{}, {"user_agent": ["iphone"]}],
    ),
    (
        [{"match": {"client_id": {"contains": ["pp"]}}}],
        [{"client_id": v} for v in ("App", "aPP", "p")] + [{"client_id": ["pp"]}],
    ),
    (
        [{"match": {"domain": {"starts_with": ["login.", "Auth."]}}}],
        [
            {"domain": v}
            for v in ("login.example.com", "LOGIN.example.com", "auth.example.com", "my.login.example.com", "login")
        ],
    ),
    (
        [{"match": {"domain": {"ends_with": [".example.com"]}}}],
        [{"domain": v} for v in ("a.example.com", "a.EXAMPLE.com", "example.com", "a.example.com.", ".example.com")],
    ),
    ([{"match": {"connection": {"starts_with": ["Db-"]}}}], [{"connection": v} for v in ("Db-1", "db-1", "xDb-")]),
    ([{"match": {"connection": {"ends_with": ["-Db"]}}}], [{"connection": v} for v in ("1-Db", "1-db", "-Db1")]),
    (
        [{"match": {"country": {"exists": True}}}],
        [{"country": "FR"}, {"country": ""}, {"country": " "}, {"country": 7}, {"country": None}, {}],
    ),
    (
        [{"match": {"country": {"exists": False}}}],
        [{"country": "FR"}, {"country": ""}, {"country": " "}, {"country": 7}, {"country": None}, {}],
    ),
    ([{"not_match": {"country": {"exists": True}}}], [{"country": "FR"}, {"country": ""}, {}]),
    ([{"not_match": {"country": {"exists": False}}}], [{"country": "FR"}, {"country": ""}, {}]),
    (
        [{"not_match": {"country": ["FR"]}}],
        [{"country": "FR"}, {"country": "fr"}, {"country": "DE"}, {"country": ""}, {}],
    ),
    ([{"match": {"country": [""]}}], [{"country": ""}, {"country": "FR"}, {}]),
    ([{"match": {"country": {"contains": [""]}}}], [{"country": ""}, {"country": "FR"}, {}]),
    ([{"match": {"country": {"starts_with": [""]}}}], [{"country": ""}, {"country": "FR"}, {}]),
    ([{"match": {"country": {"ends_with": [""]}}}], [{"country": ""}, {"country": "FR"}, {}]),
    ([{"match": {"country": ["\u0000"]}}], [{"country": "\u0000"}, {}]),
    (
        [{"match": {"region": ["Île-de-France", "Straße", "ΟΔΟΣ", "İzmir", "ſ"]}}],
        [
            {"region": v}
            for v in (
                *("île-de-france", "ÎLE-DE-FRANCE", "Ile-de-France", "I\u0302le-de-France"),
                *("STRAẞE", "straße", "STRASSE", "οδος", "οδοσ", "Οδος", "İZMIR", "izmir", "i̇zmir", "s", "S"),
            )
        ],
    ),
    ([{"match": {"region": {"starts_with": ["οδοσ"]}}}], [{"region": v} for v in ("ΟΔΟΣ 1", "ΟΔΟΣ", "οδός")]),
    (
        [{"match": {"browser": ["kiosk"]}}],
        [{"browser": v} for v in ("KIOSK", "\u212aio\u017f\u212a", "kiosK", "ki0sk")],
    ),
    ([{"match": {"region": ["日本"]}}], [{"region": v} for v in ("日本", "日本語")]),
    (
        [
            {
                "match": {"platform": ["iOS"], "country": ["FR"]},
                "not_match": {"browser": ["Chrome"], "client_id": ["old"]},
            }
        ],
        [
            {"platform": "ios", "country": "fr"},
            {"platform": "ios", "country": "fr", "browser": "Safari", "client_id": "new"},
            {"platform": "ios", "country": "fr", "browser": "chrome"},
            {"platform": "ios", "country": "fr", "client_id": "old"},
            {"platform": "ios", "country": "fr", "client_id": "OLD"},
            {"platform": "ios"},
            {"country": "fr"},
            {},
        ],
    ),
    (
        [{"match": {"device_type": ["mobile"]}}, {"match": {"country": ["FR"]}, "not_match": {"region": ["IDF"]}}],
        [
            {"device_type": "mobile"},
            {"country": "FR"},
            {"country": "FR", "region": "idf"},
            {"device_type": "mobile", "country": "FR", "region": "IDF"},
            {"device_type": "desktop", "country": "DE"},
        ],
    ),
]
