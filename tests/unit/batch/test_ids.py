"""Ids that are made up look like UUIDs, differ from one another, and are the same on every machine."""

from uuid import UUID

from signpost.batch.ids import generate_ids, generate_numbers


def test_numbers_are_those_of_splitmix64() -> None:
    published = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]

    assert generate_numbers(1234567, 0, 5).tolist() == published  # Rosetta Code, "Pseudo-random numbers/Splitmix64"


def test_ids_look_like_random_uuids() -> None:
    ids = [unit.decode() for unit in generate_ids("seed", 0, 100).tolist()]

    assert [str(UUID(unit)) for unit in ids] == ids
    assert {(UUID(unit).version, UUID(unit).variant) for unit in ids} == {(4, UUID(ids[0]).variant)}


def test_a_seed_gives_the_same_ids_however_many_are_asked_for_at_once() -> None:
    ids = generate_ids("seed", 0, 1_000)

    assert (generate_ids("seed", 600, 400) == ids[600:]).all()


def test_every_id_is_another() -> None:
    ids = {*generate_ids("seed", 0, 100_000).tolist(), *generate_ids("another", 0, 100_000).tolist()}

    assert len(ids) == 200_000
