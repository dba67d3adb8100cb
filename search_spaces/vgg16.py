"""VGG-16 on FER2013, as SHCNN's authors count it, and on a flow image.

Settings  SHCNN's procedure; the paper (Miao et al., IEEE Access 2019) says of this network only how it is counted and what it scores.
          "ours" marks the rest.
Reports   nothing: SHCNN's Table 4 has its parameters and its time, and no accuracy.
Cost      FER2013: 80 epochs of 287,000 crops of 1 GMAC, with 104 million parameters; a GPU's work. synthetic: a second or
          two a fold on one CPU core.
Run       ray job submit --working-dir . -- python -m orchestrator.reproduce vgg16
"""

from search_spaces import vgg8
from search_spaces.shcnn import FER2013

NOTES = (
    "[V] model.widths, model.fc: the layout that has the 104,020,999 parameters of SHCNN's Table 4; where it pools is open.",
    vgg8.NOTE,
)
RECIPES = {"fer2013": vgg8.static("vgg16", FER2013, 80, "hard", NOTES), **vgg8.on_flow("vgg16")}
SPACE, SPACES = vgg8.SPACE, vgg8.SPACES
