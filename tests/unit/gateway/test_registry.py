from liftward_gateway.registry import Nameplate, Registry, ServedLift
from liftward_wire.profiles.known import profile_named


def test_a_lift_keeps_its_place_when_the_registration_changes() -> None:
    """The detector's arrays go by it."""
    registry = Registry()
    registry.replace([ServedLift("A", "A", 11), ServedLift("E", "B", 12), ServedLift("E", "C", 13)])
    registry.replace([ServedLift("E", "C", 13), ServedLift("N", "N", 14)])

    assert registry.lifts_of("A") is None
    assert registry.lifts_of("E") == {"C": 2}
    assert registry.lifts_of("N") == {"N": 3}
    assert registry.keys_array().tolist() == [11, 12, 13, 14]


def test_a_saved_state_decides_the_places() -> None:
    """After a restart the arrays are in the order they were saved in."""
    registry = Registry.with_lifts([30, 20])
    registry.replace([ServedLift("X", "X", 20), ServedLift("Y", "Y", 40)])

    assert registry.lifts_of("X") == {"X": 1}
    assert registry.lifts_of("Y") == {"Y": 2}


def test_nameplates_are_handed_over_once() -> None:
    """A registration that changes brings them again, for lifts old and new."""
    registry = Registry()
    plate, other = Nameplate(1.75, 1000.0, 18), Nameplate(2.5, 1000.0, 18)
    registry.replace([ServedLift("A", "A", 11, nameplate=plate), ServedLift("E", None, None)])

    assert registry.take_nameplates() == {0: plate}
    assert registry.take_nameplates() == {}
    registry.update(["A"], [ServedLift("A", "A", 11, nameplate=other)])
    assert registry.take_nameplates() == {0: other}


def test_looking_up_one_device_leaves_the_others() -> None:
    """An unknown device is looked up by itself; one that is gone is forgotten."""
    registry = Registry()
    registry.replace([ServedLift("A", "A", 1), ServedLift("B", "B", 2)])
    registry.update(["B", "C"], [ServedLift("C", "C", 3)])

    assert [registry.lifts_of(device) for device in "ABC"] == [{"A": 0}, None, {"C": 2}]


def test_a_device_without_lifts_is_known() -> None:
    """An edge may say that it lives before it serves anyone."""
    registry = Registry()
    registry.replace([ServedLift("E", None, None)])

    assert registry.lifts_of("E") == {}


def test_the_profile_of_a_device_follows_the_registration() -> None:
    """A change takes effect at the next load of all or of one; the contract is no profile."""
    registry = Registry()
    registry.replace([ServedLift("A", "A", 1), ServedLift("B", "B", 2, "regional-b")])
    first = [registry.profile_of(device) for device in "ABC"]
    registry.update(["A", "B"], [ServedLift("A", "A", 1, "bacnet-lift"), ServedLift("B", "B", 2)])
    second = [registry.profile_of(device) for device in "ABC"]
    registry.replace([ServedLift("A", "A", 1)])

    assert first == [None, profile_named("regional-b"), None]
    assert second == [profile_named("bacnet-lift"), None, None]
    assert registry.profile_of("A") is None
