from . import backbone
from .api import Config, Net
