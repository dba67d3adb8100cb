import pytest
import torch

from models.region_lstm.cnn import RegionCNN


def _cnn(labels: int = 4, channels: int = 4) -> RegionCNN:
    torch.manual_seed(0)
    return RegionCNN(labels, in_channels=channels, width=20, dropout=0.2).eval()


def test_counts_of_the_paper() -> None:
    assert sum(p.numel() for p in _cnn().parameters()) == 106_852
    assert sum(p.numel() for p in _cnn(labels=3).parameters()) == 106_831


@pytest.mark.parametrize(("size", "maps"), [((80, 100), (20, 25)), ((80, 120), (20, 30)), ((60, 60), (15, 15)), ((60, 160), (15, 40))])
def test_maps_of_the_paper(size: tuple[int, int], maps: tuple[int, int]) -> None:
    assert _cnn().stem(torch.randn(1, 4, *size)).shape == (1, 8, *maps)


def test_the_classifier_reads_the_features() -> None:
    cnn, region = _cnn(), torch.randn(3, 4, 13, 9)  # odd sizes: pooling keeps the rest of a window
    features = cnn.embed(region)
    assert features.shape == (3, 20) and features.min() >= 0
    torch.testing.assert_close(cnn(region), cnn.classifier(features))
