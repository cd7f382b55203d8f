"""Makes the experiment as any client would: with the published auth0-python, which has never heard of Signpost.

It runs in an environment of its own, with nothing in it but that package: configure.py URL TOKEN OUTPUT
"""

import json
import sys
from pathlib import Path

from auth0.management import Auth0
from auth0.management.core.api_error import ApiError

url, token, output = sys.argv[1:]
experimentation = Auth0(base_url=f"{url}/api/v2", token=token).experimentation


flag = experimentation.feature_flags.create(
    name="Sign-in screen",
    parameters={
        "first_factor": {"type": "string", "value": "password"},
        "headline": {"type": "string", "value": "Welcome back"},
        "offer_passkey": {"type": "boolean", "value": False},
    },
)
print(f"  flag        {flag.id}  {flag.name}: {', '.join(flag.parameters)}")

password = experimentation.feature_flags.variations.create(flag.id, name="Password first", overrides={})
passkey = experimentation.feature_flags.variations.create(
    flag.id,
    name="Passkey first",
    overrides={"first_factor": "passkey", "headline": "Sign in without a password", "offer_passkey": True},
)
for variation in (password, passkey):
    print(f"  variation   {variation.id}  {variation.name}: {variation.overrides or 'the baseline'}")

phones = experimentation.segments.create(
    name="Phones and tablets", rules=[{"match": {"device_type": ["mobile", "tablet"]}}]
)
print(f"  segment     {phones.id}  {phones.name}")

experiment = experimentation.experiments.create(
    name="Passkey before password",
    feature_flag_id=flag.id,
    authentication_flow="authentication",
    allocations=[
        {"variation_id": password.id, "is_control": True, "weight": 50},
        {"variation_id": passkey.id, "is_control": False, "weight": 40},
    ],
)
print(f"  experiment  {experiment.id}  {experiment.name}: {experiment.status}")

print("\nActivate it?")
try:
    experimentation.experiments.update(experiment.id, status="active")
except ApiError as refusal:
    print(f"  refused, {refusal.status_code}")
for blocker in experimentation.experiments.validate(experiment.id).errors:
    print(f"  {blocker.code}: {blocker.message}")

print("\nRepair both, and ask again:")
experimentation.feature_flags.update(flag.id, status="active")
experimentation.experiments.update(
    experiment.id,
    allocations=[
        {"variation_id": password.id, "is_control": True, "weight": 50},
        {"variation_id": passkey.id, "is_control": False, "weight": 50},
    ],
)
print(f"  is_valid: {experimentation.experiments.validate(experiment.id).is_valid}")

# A second experiment in another flow: not chance decides there, but who asks.
enrollment = experimentation.experiments.create(
    name="Offer passkeys on phones",
    feature_flag_id=flag.id,
    authentication_flow="passkey_enrollment",
    allocation_strategy="segment",
    allocations=[
        {"variation_id": passkey.id, "is_control": False, "segment_id": phones.id, "priority": 1},
        {"variation_id": password.id, "is_control": True, "is_fallback": True},
    ],
)
experimentation.experiments.update(enrollment.id, status="active")

ids = {"experiment": experiment.id, "password": password.id, "passkey": passkey.id}
Path(output).write_text(json.dumps(ids))
