from .factory import create_model
from . import models
