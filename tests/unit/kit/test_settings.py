import pytest

from liftward_kit.settings import Secret, SettingError, count_between, number_between, read


def port(environ: dict[str, str]) -> int:
    return read(
        environ,
        "LIFTWARD_EXAMPLE_PORT",
        default=1883,
        parse=count_between(0, 65_535),
        allowed="a whole number from 0 to 65535",
    )


@pytest.mark.parametrize("environ", [{}, {"LIFTWARD_EXAMPLE_PORT": ""}, {"OTHER": "1"}])
def test_an_absent_or_empty_setting_takes_its_default(environ: dict[str, str]) -> None:
    """An empty variable means the same as none: shells make both."""
    assert port(environ) == 1883


@pytest.mark.parametrize("text", ["99999", "-1", "mqtt", "1.5"])
def test_a_wrong_setting_is_named_with_its_value_and_what_is_allowed(text: str) -> None:
    """One message has all a person needs to put it right."""
    with pytest.raises(SettingError) as refused:
        port({"LIFTWARD_EXAMPLE_PORT": text})

    message = str(refused.value)
    assert "LIFTWARD_EXAMPLE_PORT" in message
    assert repr(text) in message
    assert "a whole number from 0 to 65535" in message


@pytest.mark.parametrize("text", ["nan", "inf", "0.5", "x"])
def test_a_number_outside_its_limits_is_refused(text: str) -> None:
    """NaN and infinity are numbers to Python and mistakes in a setting."""
    with pytest.raises(ValueError, match=r".*"):
        number_between(1, 10)(text)


def test_a_secret_does_not_show_itself() -> None:
    """Logs and error messages use repr and str; neither gives a secret away."""
    secret = Secret("very-secret")

    assert "very-secret" not in f"{secret} {secret!r}"
    assert secret.reveal == "very-secret"
