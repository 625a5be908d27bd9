"""The recurrent network for phase-contrast video: MobileNetV2, a U-Net's decoder, a ConvLSTM.

Nothing that is named here imports torch before it is called; the modules network, mobilenet, losses
and receptive_field do so at once.
"""

from lamella.nets.convlstm_unet.architecture import PUBLISHED, SHIPPED, Architecture
from lamella.nets.convlstm_unet.model_file import (
    adapted,
    find_model,
    from_scratch,
    load_network,
    read_architecture,
    read_model,
    save_model,
)

__all__ = [
    "PUBLISHED",
    "SHIPPED",
    "Architecture",
    "adapted",
    "find_model",
    "from_scratch",
    "load_network",
    "read_architecture",
    "read_model",
    "save_model",
]
