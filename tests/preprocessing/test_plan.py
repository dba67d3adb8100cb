import os
from collections.abc import Callable
from pathlib import Path

import pytest

from preprocessing.plan import UNREADABLE, Plan, make_plan, split_options


@pytest.fixture
def flow(fake_flow: Callable[..., Path]) -> Path:
    return fake_flow(("sub01", "EP01", "0"), ("sub01", "EP02", "1"), ("006", "006_1_2", "2"))


def plan_of(root: Path, **options: int) -> Plan:
    return make_plan("megc2019_flow", root=root, pipeline=None, options=options)


def test_options_are_told_apart_by_name() -> None:
    options, constants = split_options("synthetic", "synthetic_flow", {"size": 16, "seed": 3})
    assert options["seed"] == 3 and options["signal"] is True and constants == {"num_frames": 8, "size": 16}
    with pytest.raises(ValueError, match="but got 'fps'"):
        split_options("synthetic", "synthetic_flow", {"fps": 1})


def test_content_matters_but_place_and_time_do_not(flow: Path, tmp_path: Path) -> None:
    before = plan_of(flow).digest
    image = flow / "STSNet_whole_norm_u_v_os" / "sub01_EP01 .png"
    os.utime(image, (0, 0))
    moved = flow.rename(tmp_path / "moved")
    assert plan_of(moved).digest == before
    image = moved / "STSNet_whole_norm_u_v_os" / "sub01_EP01 .png"
    image.write_bytes(image.read_bytes()[::-1])  # as many bytes
    assert plan_of(moved).digest != before


def test_every_setting_matters(flow: Path) -> None:
    assert plan_of(flow).digest != plan_of(flow, size=32).digest
    sheet = flow / "combined_3_class2_for_optical_flow.csv"
    before = plan_of(flow)
    sheet.write_text(sheet.read_text().replace("EP01,0", "EP01,2"))
    after = plan_of(flow)
    assert after.digest != before.digest and after.inputs["samm/006"] == before.inputs["samm/006"]


def test_a_file_that_cannot_be_read_is_marked(flow: Path) -> None:
    plan = plan_of(flow)
    assert set(map(len, plan.contents.values())) == {64} and UNREADABLE not in plan.contents.values()
