"""Recipe: what a paper fixes, and the numbers it reports.

A recipe is frozen, keyword-only, plain Python. Every field can be reached by a dotted name (``training.lr``, ``model.dropout``), which
is how a search space varies it and how a fold record remembers it.
"""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Plain = bool | int | float | str | None | tuple["Plain", ...]

HONEST_STAGES = ("in_fold",)
EVIDENCE = ("paper", "code", "ours")


@dataclass(frozen=True, kw_only=True)
class Data:
    """What goes in: the corpus, its class scheme and the pipeline that makes tensors of its clips."""

    corpus: str
    """A name in ``preprocessing.corpora``."""
    classes: str
    """A name in ``preprocessing.classes``: emotion -> class index."""
    pipeline: str
    """A name in ``preprocessing.pipelines``."""
    options: Mapping[str, Plain] = field(default_factory=dict)
    """Constants of corpus and pipeline that differ from their defaults."""
    scale: float = 1.0
    """Every input value is multiplied by this before augmentation (a constant of the recipe, never fitted to data)."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """How one fold is trained."""

    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    lr: float
    weight_decay: float = 0.0
    """Coupled L2 for adam and sgd, decoupled for adamw."""
    momentum: float = 0.9
    """Of sgd; unused elsewhere."""
    lr_decay: float = 1.0
    """Factor on the learning rate after each epoch."""
    batch_size: int
    epochs: int
    order: Literal["shuffled", "by_class"] = "shuffled"
    """``by_class`` feeds the clips sorted by class in every epoch, as loaders over class folders without shuffling do."""
    precision: Literal["float32", "bfloat16", "float64"] = "float32"
    sample: Literal["clip", "frame"] = "clip"
    """What the network sees at a time: a clip's whole tensor, or one entry of its first axis, which carries the clip's label."""
    vote: Literal["majority", "sum_softmax", "sum_logits"] = "majority"
    """Of ``sample="frame"``: how a clip's class comes from its frames. A tied majority goes to the larger summed probability."""
    pad_to: int | None = None
    """Of ``sample="clip"`` on clips of different lengths: zero frames are appended up to this many."""
    labels: Literal["hard", "soft", "drawn"] = "hard"
    """The clip's class, the shares of its raters, or a class drawn from those shares in each epoch."""
    decayed: Literal["all", "kernels"] = "all"
    """Which parameters ``weight_decay`` concerns: kernels have more than one dimension, biases and batch norm have one."""
    clip_norm: float | None = None
    """Largest Euclidean norm of a step's gradient; a longer one is shortened to it."""
    initial: str | None = None
    """A safetensors file to start from: every tensor of the network that it has by name and shape. Its content is part of a fold's name."""
    num_evals: int = 50
    """How many evenly spaced epochs are scored on inner and held-out clips; the last epoch always is."""

    def __post_init__(self) -> None:
        _require(self.lr > 0, "training.lr", "positive", self.lr)
        _require(self.weight_decay >= 0, "training.weight_decay", "at least 0", self.weight_decay)
        _require(self.batch_size >= 1, "training.batch_size", "at least 1", self.batch_size)
        _require(self.epochs >= 1, "training.epochs", "at least 1", self.epochs)
        _require(self.num_evals >= 1, "training.num_evals", "at least 1", self.num_evals)
        _require(0 < self.lr_decay <= 1, "training.lr_decay", "in (0, 1]", self.lr_decay)
        _require(self.pad_to is None or self.pad_to >= 1, "training.pad_to", "at least 1, or None", self.pad_to)
        _require(self.clip_norm is None or self.clip_norm > 0, "training.clip_norm", "positive, or None", self.clip_norm)


@dataclass(frozen=True, kw_only=True)
class Loss:
    """The loss of one clip; a batch's loss is the mean over its clips."""

    kind: Literal["cross_entropy", "focal", "class_balanced", "bce_softmax", "margin", "any_of"] = "cross_entropy"
    """The last three: STRCN Eq. 9-10, capsules, and -log of the most probable accepted class (multi-label learning)."""
    form: Literal["positive_only", "one_vs_all"] = "positive_only"
    """Of focal."""
    gamma: float = 2.0
    """Of focal: the exponent of (1 - p)."""
    alpha_mode: Literal["none", "constant", "inverse_frequency"] = "none"
    """Of focal: the class weights, by constant or by the inverse class frequency of the fold's training clips."""
    alpha: float = 0.25
    """Of focal with ``alpha_mode='constant'``."""
    beta: float = 0.999
    """Of class_balanced: (1 - beta) / (1 - beta ** n_c)."""
    balance: Literal["none", "batch"] = "none"
    """``batch`` weighs a clip by B / (classes present * clips of its class) of the batch of B clips (STRCN Eq. 10)."""
    accept: float = 0.3
    """Of any_of: classes with at least this share of the raters are accepted."""
    label_smoothing: float = 0.0
    mask_l1: float = 0.0
    """Weight of the L1 norm of the spatial attention mask (STANet), summed over frames, channels and pixels, mean over the batch."""

    def __post_init__(self) -> None:
        _require(self.gamma >= 0, "loss.gamma", "at least 0", self.gamma)
        _require(0 < self.alpha < 1, "loss.alpha", "in (0, 1)", self.alpha)
        _require(0 <= self.beta < 1, "loss.beta", "in [0, 1)", self.beta)
        _require(0 <= self.label_smoothing < 1, "loss.label_smoothing", "in [0, 1)", self.label_smoothing)
        _require(0 < self.accept <= 1, "loss.accept", "in (0, 1]", self.accept)
        _require(self.mask_l1 >= 0, "loss.mask_l1", "at least 0", self.mask_l1)


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Random transforms of a training clip, drawn anew per clip and epoch; all frames of a clip share one draw."""

    flip: float = 0.0
    """Probability of a horizontal flip; it negates the horizontal flow channel."""
    flow_channels: tuple[int, ...] = ()
    """Which channels are (u, v) flow components: spatial transforms rotate and rescale their vectors."""
    flow_center: float = 0.0
    """The value that codes zero flow in those channels, in units of the scaled input: negation, turning and scaling are about it. 0 for
    flow in pixels. 127.5 * scale for 8-bit images whose channels are min-max coded: the code of -u is then exactly 255 minus the code of
    u."""
    crop: int | None = None
    """Side in pixels of the corner crop (4 corners and centre), resized back to the input's side. Evaluation takes the centre crop."""
    crop_scales: tuple[float, ...] = (1.0,)
    """Factors on the crop's side, one drawn per clip."""
    rotation: float = 0.0
    """Largest rotation, degrees."""
    shift: float = 0.0
    """Largest shift, as a share of the side."""
    magnitude: float = 0.0
    """Flow is multiplied by a factor drawn from [1 - magnitude, 1 + magnitude]: motion intensity."""
    noise: float = 0.0
    """Standard deviation of added Gaussian noise, in units of the scaled input."""
    erase: float = 0.0
    """Probability that one rectangle of a sixteenth of the area is zeroed."""
    mixup: float = 0.0
    """Beta(mixup, mixup) mixing of clip pairs of the batch; 0 is off."""

    def __post_init__(self) -> None:
        _require(0 <= self.flip <= 1, "augmentation.flip", "in [0, 1]", self.flip)
        _require(0 <= self.erase <= 1, "augmentation.erase", "in [0, 1]", self.erase)
        for name in ("rotation", "shift", "magnitude", "noise", "mixup"):
            _require(getattr(self, name) >= 0, f"augmentation.{name}", "at least 0", getattr(self, name))


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """How clips are split; every split is grouped so that copies of a clip stay together."""

    kind: Literal["loso", "composite_loso", "lovo", "fixed"] = "loso"
    """Leave-one-subject-out; the same over several corpora (fold = corpus and subject); k-fold over clips; fixed splits."""
    num_folds: int = 20
    """Of lovo."""
    num_inner: int = 5
    """Training subjects are dealt into this many groups and one of them is the fold's inner validation; 0 trains on all of them."""
    feature_stage: Literal["in_fold", "shared"] = "in_fold"
    """``shared`` fits a stage on all subjects: tagged as leaking, never promoted."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """A number that the paper reports."""

    metric: Literal["uf1", "uar", "accuracy"]
    value: float
    corpus: str = "all"
    """``all``, or one source corpus of a composite."""
    source: str = ""
    """Table and column, or how the number was recomputed."""
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Published:
    """Which rows of ``paper_tables.yaml`` a recipe is compared with: those that agree in all of these."""

    paper: str
    """``stanet``, ``region_cnn_lstm``, ``strcn`` or ``shcnn``: whose table it is."""
    method: str
    """As the table prints it."""
    dataset: str
    """As the file spells it: ``CASME II``."""
    table: str | None = None
    protocol: str | None = None
    variant: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One paper's point: everything that one fold's result depends on except fold and seed."""

    model: str
    """A name in ``models``."""
    system: str | None = None
    """The name of its file here, where that is not the model's: many descriptors share one classifier."""
    paper: str
    data: Data
    training: Training
    features: Training | None = None
    """Of a network with two stages: how its ``features`` are trained, on frames. ``training`` is then of its ``head``."""
    loss: Loss = field(default_factory=Loss)
    augmentation: Augmentation = field(default_factory=Augmentation)
    hparams: Mapping[str, Plain] = field(default_factory=dict)
    """Keyword arguments of the model; dotted names start with ``model.``."""
    protocol: Protocol = field(default_factory=Protocol)
    published: tuple[Published, ...] = ()
    targets: tuple[Target, ...] = ()
    """Numbers beside those of ``published``: recomputed, or of another source."""
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called everywhere: the name of its file in ``search_spaces``."""
        return self.system or self.model


SECTIONS = ("data", "training", "features", "loss", "augmentation", "protocol")


def flatten(recipe: Recipe) -> dict[str, Plain]:
    """The recipe as dotted names and plain values: everything a result depends on, nothing that only describes it."""
    flat: dict[str, Plain] = {"model": recipe.model}
    for section in (name for name in SECTIONS if getattr(recipe, name) is not None):
        for key, value in vars(getattr(recipe, section)).items():
            if isinstance(value, Mapping):
                flat.update({f"{section}.{key}.{name}": option for name, option in value.items()})
            else:
                flat[f"{section}.{key}"] = value
    flat.update({f"model.{name}": value for name, value in recipe.hparams.items()})
    return flat


def with_settings(recipe: Recipe, settings: Mapping[str, Plain]) -> Recipe:
    """The recipe with some dotted names changed. Unknown names raise."""
    changes: dict[str, Any] = {}
    for name, value in settings.items():
        section, _, key = name.partition(".")
        if section == "model" and key in recipe.hparams:
            changes["hparams"] = {**changes.get("hparams", recipe.hparams), key: value}
        elif section == "data" and key.removeprefix("options.") in recipe.data.options and key.startswith("options."):
            data = changes.get("data", recipe.data)
            changes["data"] = dataclasses.replace(data, options={**data.options, key.removeprefix("options."): value})
        elif section in SECTIONS and key in _fields(getattr(recipe, section)):
            changes[section] = dataclasses.replace(changes.get(section, getattr(recipe, section)), **{key: value})
        else:
            known = ", ".join(sorted(flatten(recipe)))
            raise ValueError(f"A setting must name a field of the recipe, but got '{name}' for '{recipe.model}'. Its fields: {known}.")
    return dataclasses.replace(recipe, **changes)


def _fields(section: Any) -> set[str]:
    return set() if section is None else {field.name for field in dataclasses.fields(section)}


def digest(plain: Any) -> str:
    """The sha256 of a plain value's canonical JSON."""
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()).hexdigest()


def _require(holds: bool, name: str, rule: str, value: object) -> None:
    if not holds:
        raise ValueError(f"{name} must be {rule}, but got {value}. Change it in the recipe or narrow the search space.")
