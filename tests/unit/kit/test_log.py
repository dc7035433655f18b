from liftward_kit.log import mask_secrets


def test_secrets_and_telephone_numbers_are_masked() -> None:
    """A log line may name a crew; it never carries a way to reach or to impersonate it."""
    event = {"event": "order_sent", "crew_id": "crew-01", "crew_phone": "000", "token": "t"}

    masked = mask_secrets(None, "info", event)

    assert masked == {
        "event": "order_sent",
        "crew_id": "crew-01",
        "crew_phone": "***",
        "token": "***",
    }
