from .registry import BACKBONES, NECKS, build_backbone, build_neck
from .resnet import *  # noqa: F401,F403
from .fpn import FPN
from .detector import Detector
