"""The client that decides: one for each process, made when the process starts."""

import os

import signpost


def connect() -> signpost.Client | None:
    url = os.environ.get("SIGNPOST_URL")
    if url is None:
        return None
    return signpost.Client.connect(
        url,
        client_id=os.environ["SIGNPOST_CLIENT_ID"],
        client_secret=os.environ["SIGNPOST_CLIENT_SECRET"],
        cache=os.environ.get("SIGNPOST_CACHE"),
    )


client = connect()
