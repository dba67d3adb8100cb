"""FlowNet2 against a forward pass that is written here from the names and shapes of the checkpoint alone, on random weights."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from scipy.ndimage import map_coordinates
from torch import Tensor
from torch.nn import functional

from preprocessing.steps import flownet2, flownet2_checkpoint
from preprocessing.steps.flownet2_layers import channel_norm, correlation, warp
from preprocessing.steps.flownet2_network import FlowNet2, FlowNetC

COUNTS = {  # tensors and parameters of the public checkpoint
    "flownetc": (48, 39_175_298), "flownets_1": (42, 38_695_322), "flownets_2": (42, 38_695_322), "flownets_d": (60, 45_371_666),
    "flownetfusion": (28, 581_226),
}  # fmt: skip
SHAPES = {  # some of its tensors, one of each kind
    "flownetc.conv1.0.weight": (64, 3, 7, 7), "flownetc.conv_redir.0.bias": (32,), "flownetc.conv3_1.0.weight": (256, 473, 3, 3),
    "flownetc.deconv5.0.weight": (1024, 512, 4, 4), "flownetc.predict_flow6.weight": (2, 1024, 3, 3),
    "flownetc.upsampled_flow6_to_5.bias": (2,), "flownets_1.conv1.0.weight": (64, 12, 7, 7),
    "flownets_2.upsampled_flow3_to_2.weight": (2, 2, 4, 4), "flownets_d.inter_conv5.0.weight": (512, 1026, 3, 3),
    "flownetfusion.conv0.0.weight": (64, 11, 3, 3), "flownetfusion.predict_flow0.bias": (2,),
}  # fmt: skip


def expected() -> dict[str, Tensor]:
    with torch.device("meta"):
        return FlowNet2().state_dict()


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A file in the public layout with random weights (620 MB), of a size that keeps the signal from layer to layer."""
    path = tmp_path_factory.mktemp("flownet2") / "FlowNet2_checkpoint.pth.tar"
    generator = torch.Generator().manual_seed(0)
    state = {name: random_tensor(name, tensor.shape, generator) for name, tensor in expected().items()}
    torch.save({"arch": "FlowNet2", "epoch": 0, "state_dict": state, "best_EPE": 1e10}, path)
    del state
    yield str(path)
    flownet2_checkpoint._load.cache_clear()
    path.unlink()


def random_tensor(name: str, shape: torch.Size, generator: torch.Generator) -> Tensor:
    if name.endswith("bias"):
        return torch.empty(shape).uniform_(-0.05, 0.05, generator=generator)
    inputs = shape[0] * 4 if "deconv" in name or "upsampled" in name else shape[1] * shape[2] * shape[3]
    spread = (3 / inputs) ** 0.5 * (1.0 if "flow" in name else 1.4)  # uniform: a variance of 1 / inputs, or 2 / inputs before a LeakyReLU
    return torch.empty(shape).uniform_(-spread, spread, generator=generator)


def images(channels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[:64, :64]
    waves = np.stack([np.sin(0.3 * x + 0.2 * y + shift) + np.cos(0.15 * x - 0.4 * y * shift) for shift in (0.0, 1.0, 2.0)], axis=2)
    first = np.round(127 + 60 * waves).astype(np.uint8)
    second = np.roll(first, (2, -3), axis=(0, 1))
    return (first, second) if channels == 3 else (first[..., 0], second[..., 0])


class Reference:
    """The whole network as formulas over the checkpoint's names."""

    def __init__(self, state: dict[str, Tensor], align_corners: bool):
        self.state, self.align_corners = state, align_corners

    def conv(self, name: str, x: Tensor, stride: int = 1, leaky: bool = True) -> Tensor:
        weight = self.state[f"{name}.weight"]
        y = functional.conv2d(x, weight, self.state[f"{name}.bias"], stride, (weight.shape[2] - 1) // 2)
        return torch.where(y > 0, y, 0.1 * y) if leaky else y

    def up(self, name: str, x: Tensor, leaky: bool = False) -> Tensor:
        y = functional.conv_transpose2d(x, self.state[f"{name}.weight"], self.state.get(f"{name}.bias"), 2, 1)
        return torch.where(y > 0, y, 0.1 * y) if leaky else y

    def decode(self, net: str, features: list[Tensor], level: int, inter: bool) -> Tensor:
        """``features``: from the coarsest, which is at ``level``, to the finest."""
        x, *others = features
        flow = self.conv(f"{net}.predict_flow{level}", x, leaky=False)
        for skip in others:
            level -= 1
            up = self.up(f"{net}.upsampled_flow{level + 1}_to_{level}", flow)
            x = torch.cat((skip, self.up(f"{net}.deconv{level}.0", x, leaky=True), up), 1)
            between = self.conv(f"{net}.inter_conv{level}.0", x, leaky=False) if inter else x
            flow = self.conv(f"{net}.predict_flow{level}", between, leaky=False)
        return flow

    def encode(self, net: str, x: Tensor, *layers: str) -> Tensor:
        """Layers such as conv4 halve the size, conv4_1 keeps it; level 0 and conv_redir keep it too."""
        for layer in layers:
            x = self.conv(f"{net}.{layer}.0", x, stride=1 if "_" in layer or layer == "conv0" else 2)
        return x

    def deep(self, net: str, level3: Tensor) -> list[Tensor]:
        level4 = self.encode(net, level3, "conv4", "conv4_1")
        level5 = self.encode(net, level4, "conv5", "conv5_1")
        return [self.encode(net, level5, "conv6", "conv6_1"), level5, level4, level3]

    def c(self, x: Tensor) -> Tensor:
        net = "flownetc"
        level2 = self.encode(net, x[:, :3], "conv1", "conv2")
        a, b = self.encode(net, level2, "conv3"), self.encode(net, x[:, 3:], "conv1", "conv2", "conv3")
        costs = naive_correlation(a, b)
        costs = torch.where(costs > 0, costs, 0.1 * costs)
        level3 = self.encode(net, torch.cat((self.encode(net, a, "conv_redir"), costs), 1), "conv3_1")
        return self.decode(net, [*self.deep(net, level3), level2], 6, inter=False)

    def s(self, net: str, x: Tensor) -> Tensor:
        level2 = self.encode(net, x, "conv1", "conv2")
        return self.decode(net, [*self.deep(net, self.encode(net, level2, "conv3", "conv3_1")), level2], 6, inter=False)

    def sd(self, x: Tensor) -> Tensor:
        net = "flownets_d"
        level2 = self.encode(net, x, "conv0", "conv1", "conv1_1", "conv2", "conv2_1")
        return self.decode(net, [*self.deep(net, self.encode(net, level2, "conv3", "conv3_1")), level2], 6, inter=True)

    def fusion(self, x: Tensor) -> Tensor:
        net = "flownetfusion"
        level0 = self.encode(net, x, "conv0")
        level1 = self.encode(net, level0, "conv1", "conv1_1")
        return self.decode(net, [self.encode(net, level1, "conv2", "conv2_1"), level1, level0], 2, inter=True)

    def upsample(self, flow: Tensor) -> Tensor:
        return functional.interpolate(flow, scale_factor=4, mode="bilinear", align_corners=self.align_corners)

    def __call__(self, first: np.ndarray, second: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """(H, W, 3) twice -> the fused flow, and the two that are fused."""
        both = torch.tensor(np.stack([first, second])).permute(0, 3, 1, 2).double()  # (2, 3, H, W)
        a, b = ((both - both.mean((0, 2, 3), keepdim=True)) / 255).float().unbind()
        x, a, b = torch.cat((a, b))[None], a[None], b[None]
        flow = self.upsample(20 * self.c(x))
        for net in ("flownets_1", "flownets_2"):
            warped = sampled(b, flow)
            flow2 = 20 * self.s(net, torch.cat((x, warped, flow / 20, norm(a - warped)), 1))
            flow = self.upsample(flow2)
        large = flow2.repeat_interleave(4, 2).repeat_interleave(4, 3)
        small = (self.sd(x) / 20).repeat_interleave(4, 2).repeat_interleave(4, 3)
        last = (a, small, large, norm(small), norm(large), norm(a - sampled(b, small)), norm(a - sampled(b, large)))
        return self.fusion(torch.cat(last, 1))[0], small[0], large[0]


def norm(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, dim=1, keepdim=True)


def sampled(image: Tensor, flow: Tensor) -> Tensor:
    """Bilinear values at x + flow(x), positions clamped to the image, by scipy."""
    y, x = np.mgrid[: image.shape[2], : image.shape[3]]
    u, v = flow[0].double().numpy()
    return torch.stack([torch.tensor(map_coordinates(c.double().numpy(), [y + v, x + u], order=1, mode="nearest")) for c in image[0]])[
        None
    ].float()


def naive_correlation(first: Tensor, second: Tensor) -> Tensor:
    """By its definition: the mean over channels of products, 441 displacements of up to 20 in steps of 2, zeros outside."""
    a, b = first[0].double().numpy(), second[0].double().numpy()
    channels, height, width = a.shape
    costs = np.zeros((441, height, width))
    for row in range(21):
        for column in range(21):
            for y in range(height):
                for x in range(width):
                    y2, x2 = y + 2 * (row - 10), x + 2 * (column - 10)
                    if 0 <= y2 < height and 0 <= x2 < width:
                        costs[21 * row + column, y, x] = a[:, y, x] @ b[:, y2, x2] / channels
    return torch.tensor(costs)[None].float()


def test_the_layout_is_the_public_checkpoints() -> None:
    state = expected()
    found = {net: [tensor.numel() for name, tensor in state.items() if name.startswith(net + ".")] for net in COUNTS}
    assert {net: (len(sizes), sum(sizes)) for net, sizes in found.items()} == COUNTS
    assert len(state) == 220 and sum(tensor.numel() for tensor in state.values()) == 162_518_834
    assert {name: tuple(state[name].shape) for name in SHAPES} == SHAPES
    assert "flownets_1.upsampled_flow6_to_5.bias" not in state


@pytest.mark.parametrize("align_corners", [False, True])
def test_equals_the_reference_on_random_weights(checkpoint: str, align_corners: bool) -> None:
    first, second = images()
    state = torch.load(checkpoint, mmap=True, weights_only=True)["state_dict"]
    with torch.inference_mode():
        flow, small, large = Reference(state, align_corners)(first, second)
    assert 0.5 < large.abs().mean() < 32 and small.abs().mean() > 1e-3 and flow.abs().mean() > 0.01  # the warps move, and stay in the image
    ours = flownet2.compute(first, second, checkpoint=checkpoint, align_corners=align_corners)
    assert ours.dtype == np.float32 and ours.shape == (2, 64, 64)
    assert np.abs(ours - flow.numpy()).max() <= 1e-5 * flow.abs().max()


def test_align_corners_and_order_matter_and_gray_is_repeated(checkpoint: str) -> None:
    first, second = images(channels=1)
    flow = flownet2.compute(first, second, checkpoint=checkpoint)
    scale = np.abs(flow).max()
    assert np.array_equal(flow, flownet2.compute(np.stack([first] * 3, axis=2), np.stack([second] * 3, axis=2), checkpoint=checkpoint))
    assert np.abs(flow - flownet2.compute(first, second, checkpoint=checkpoint, align_corners=True)).max() > 1e-4 * scale
    assert np.abs(flow - flownet2.compute(second, first, checkpoint=checkpoint)).max() > 1e-2 * scale


def test_correlation_is_its_definition() -> None:
    a, b = torch.randn(2, 1, 5, 9, 7, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(correlation(a, b, max_displacement=20, stride=2), naive_correlation(a, b), atol=1e-6)


def test_correlation_finds_a_shift() -> None:
    a = torch.randn(1, 64, 24, 24, generator=torch.Generator().manual_seed(2))
    b = torch.roll(a, (6, -4), dims=(2, 3))  # b(y + 6, x - 4) = a(y, x)
    best = correlation(a, b, max_displacement=20, stride=2)[0, :, 8:16, 8:16].argmax(0)
    assert (best == 21 * (10 + 3) + (10 - 2)).all()


def test_correlations_pass_a_leaky_relu() -> None:
    """On random features of either sign: those of whole images correlate positively, and would not show it."""
    with torch.device("meta"):
        model = FlowNetC()
    model.load_state_dict({name: torch.zeros(()).expand(tensor.shape) for name, tensor in model.state_dict().items()}, assign=True)
    a, b = torch.randn(2, 1, 256, 8, 8, generator=torch.Generator().manual_seed(4))
    features, seen = iter((a, b)), []
    model.get_submodule("conv3").register_forward_hook(lambda *_: next(features))
    model.get_submodule("conv3_1").register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    model(torch.zeros(1, 6, 64, 64))
    costs = naive_correlation(a, b)
    assert seen[0].shape == (1, 473, 8, 8) and (costs < 0).any()
    assert torch.allclose(seen[0][:, 32:], torch.where(costs > 0, costs, 0.1 * costs), atol=1e-6)


def test_warp_is_bilinear_and_clamps_at_the_border() -> None:
    generator = torch.Generator().manual_seed(3)
    image = torch.rand(1, 3, 12, 17, generator=generator)
    flow = 8 * torch.randn(1, 2, 12, 17, generator=generator)
    assert torch.allclose(warp(image, flow), sampled(image, flow), atol=1e-5)
    assert torch.equal(warp(image, torch.zeros_like(flow)), image)
    right = torch.tensor([1.0, 0.0])[None, :, None, None].expand_as(flow)
    assert torch.equal(warp(image, right)[..., :-1], image[..., 1:])


def test_channel_norm() -> None:
    assert torch.allclose(channel_norm(torch.tensor([3.0, 4.0])[None, :, None, None].expand(1, 2, 5, 6)), torch.full((1, 1, 5, 6), 5.0))


def thin(change: dict[str, tuple[int, ...] | None]) -> dict[str, Tensor]:
    """A whole state of zeros that needs no memory: one element per tensor, seen in its shape. ``None`` leaves a tensor out."""
    shapes = {name: tuple(tensor.shape) for name, tensor in expected().items()} | change
    return {name: torch.zeros(()).expand(shape) for name, shape in shapes.items() if shape is not None}


def test_weights_of_zero_give_no_flow(tmp_path: Path) -> None:
    torch.save({"state_dict": thin({})}, tmp_path / "zero.pth.tar")
    assert not flownet2.compute(*images(), checkpoint=str(tmp_path / "zero.pth.tar")).any()


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "weights.pth"
    torch.save(thin({}), path)  # without "state_dict" around it
    before = flownet2.compute(*images(), checkpoint=str(path))
    torch.save(thin({}) | {"flownetfusion.predict_flow0.bias": torch.tensor([1.5, -2.0])}, path)
    after = flownet2.compute(*images(), checkpoint=str(path))
    assert not before.any() and (after[0] == 1.5).all() and (after[1] == -2).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"flownetc.conv1.0.weight": None}, "219 .* 1 missing \\(flownetc.conv1.0.weight\\)"),
        ({"module.flownetc.conv1.0.weight": (1,)}, "221 .* 1 unknown \\(module.flownetc.conv1.0.weight\\)"),
        ({"flownets_1.conv1.0.weight": (64, 6, 7, 7)}, "flownets_1.conv1.0.weight .* \\(64, 12, 7, 7\\), but got \\(64, 6, 7, 7\\)"),
    ],
)
def test_other_checkpoints_are_refused(tmp_path: Path, change: dict[str, tuple[int, ...] | None], message: str) -> None:
    torch.save({"state_dict": thin(change)}, tmp_path / "other.pth.tar")
    with pytest.raises(ValueError, match=message) as raised:
        flownet2.compute(*images(), checkpoint=str(tmp_path / "other.pth.tar"))
    assert "FlowNet2_checkpoint.pth.tar" in str(raised.value) and "other.pth.tar" in str(raised.value)


class Trap:
    """Unpickling it would leave a file behind."""

    def __init__(self, path: Path):
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path(self.path),)  # type: ignore[return-value]


def test_a_pickle_is_never_run(tmp_path: Path) -> None:
    torch.save({"state_dict": {}, "extra": Trap(tmp_path / "ran")}, tmp_path / "trap.pth.tar")
    with pytest.raises(ValueError, match="plain tensors"):
        flownet2.compute(*images(), checkpoint=str(tmp_path / "trap.pth.tar"))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"", b"<!DOCTYPE html>", b"PK\x03\x04"])
def test_files_that_are_no_checkpoint_are_refused(tmp_path: Path, content: bytes) -> None:
    for name in ("page.pth.tar", "page.safetensors"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match="must be readable as plain tensors"):
            flownet2.compute(*images(), checkpoint=str(tmp_path / name))


def test_a_missing_checkpoint_is_named(tmp_path: Path) -> None:
    for path in ("", str(tmp_path / "none.pth.tar"), str(tmp_path)):
        with pytest.raises(ValueError, match="must be a file"):
            flownet2.compute(*images(), checkpoint=path)


def test_safetensors_are_read(tmp_path: Path) -> None:
    safetensors.torch.save_file({"flownetc.conv1.0.bias": torch.zeros(64)}, tmp_path / "part.safetensors")
    with pytest.raises(ValueError, match="must have its 220 tensors, but got 1 "):
        flownet2.compute(*images(), checkpoint=str(tmp_path / "part.safetensors"))


@pytest.mark.parametrize("shape", [(100, 128), (192, 190, 3), (0, 64)])
def test_other_sizes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="multiples of 64, but got .* Resize"):
        flownet2.normalised_pair(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8))


def test_images_that_do_not_fit_are_refused() -> None:
    image = np.zeros((64, 64), np.uint8)
    for other in (image[:, :32], image.astype(np.float32), np.zeros((64, 64, 3), np.uint8)):
        with pytest.raises(ValueError, match="two uint8 images of one shape"):
            flownet2.normalised_pair(image, other)
    with pytest.raises(ValueError, match="two uint8 images of one shape"):
        flownet2.normalised_pair(image[0], image[0])


def test_the_pair_is_centred_per_channel() -> None:
    first, second = images()
    pair = flownet2.normalised_pair(first, second)
    assert pair.shape == (6, 64, 64) and pair.dtype == np.float32
    assert np.abs(pair.reshape(2, 3, -1).mean(axis=(0, 2))).max() < 1e-6
    assert np.allclose(255 * (pair[4] - pair[1]), second[..., 1].astype(float) - first[..., 1], atol=1e-4)
