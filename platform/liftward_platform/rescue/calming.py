"""What a dispatcher says to the people in a car: the script, as data, in English and Chinese.

The steps follow the workflow of the city centres (Jiangsu's standard): calm and instruct the
passengers at once, tell them how far the rescue is, prepare them for the release. The wording is
ours. Pure data and its check.
"""

from dataclasses import dataclass

from liftward_platform.errors import InvalidError
from liftward_platform.incidents.closing_codes import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to say or ask. `asks` names the facts of the incident that the answer fills in."""

    code: str
    say: Name
    asks: tuple[str, ...] = ()
    repeats: bool = False  # said again and again while the rescue runs


SCRIPT: tuple[Step, ...] = (
    Step(
        code="help_is_coming",
        say=Name(
            "This is the rescue centre. We know where you are. Help is on its way.",
            "这里是电梯应急救援中心。我们已确认您的位置，救援人员正在赶来。",
        ),
    ),
    Step(
        code="stay_calm",
        say=Name(
            "You are safe in the car. There is enough air. Stand or sit away from the doors.",
            "您在轿厢内是安全的，空气充足。请远离轿门，站稳或坐下。",
        ),
    ),
    Step(
        code="do_not_pry",
        say=Name(
            "Do not pry the doors open and do not climb out: the car may move again.",
            "请不要扒门，不要自行爬出：轿厢可能再次移动。",
        ),
    ),
    Step(
        code="ask_persons",
        say=Name("How many of you are in the car?", "轿厢里一共有几个人？"),
        asks=("persons_count",),
    ),
    Step(
        code="ask_injured",
        say=Name("Is anybody hurt?", "有人受伤吗？"),
        asks=("injured",),
    ),
    Step(
        code="ask_medical_need",
        say=Name(
            "Are there children, elderly or pregnant people with you, or anybody who is ill or "
            "needs medicine?",
            "有儿童、老人、孕妇，或有人身体不适、需要用药吗？",
        ),
        asks=("medical_need",),
    ),
    Step(
        code="keep_reachable",
        say=Name(
            "Keep your telephone free. We call again; press the alarm button if anything changes.",
            "请保持电话畅通，我们会再联系您；如有变化请按报警按钮。",
        ),
    ),
    Step(
        code="tell_progress",
        say=Name(
            "Tell them who is coming and how long it will take.",
            "告知救援人员情况及预计到达时间。",
        ),
        repeats=True,
    ),
    Step(
        code="before_release",
        say=Name(
            "The crew is there. Stay away from the doors and wait until they tell you to come out.",
            "救援人员已到现场。请远离轿门，听到指示后再走出轿厢。",
        ),
    ),
)
BY_CODE = {step.code: step for step in SCRIPT}


def step_of(code: str) -> Step:
    """Return a step of the script.

    Raises
    ------
    InvalidError
        When there is none of this code.
    """
    step = BY_CODE.get(code)
    if step is None:
        raise InvalidError(
            "unknown_calming_step",
            f"step is {code!r}; GET /api/calming-script lists what is allowed",
            allowed=list(BY_CODE),
        )
    return step


def check_answers(step: Step, answers: dict[str, object]) -> None:
    """Refuse an answer to what the step did not ask.

    Raises
    ------
    InvalidError
        Naming the answers and what the step asks.
    """
    unasked = sorted(
        name for name, value in answers.items() if value is not None and name not in step.asks
    )
    if unasked:
        asked = ", ".join(step.asks) or "nothing"
        raise InvalidError(
            "answer_not_asked", f"{step.code} asks for {asked}, not for {', '.join(unasked)}"
        )
