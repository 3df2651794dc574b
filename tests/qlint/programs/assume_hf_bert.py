# mode: assume
import torch
from torch import nn
from dataclasses import dataclass
from typing import Optional, Tuple


@dataclass
class Output:
    logits: torch.Tensor = None
    loss: Optional[torch.Tensor] = None


class SelfOutput(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.dense = nn.Linear(config.hidden, config.hidden)
        self.LayerNorm = nn.LayerNorm(config.hidden)
        self.dropout = nn.Dropout(0.1)

    def forward(self, hidden_states: torch.Tensor, input_tensor: torch.Tensor) -> torch.Tensor:
        hidden_states = self.dropout(self.dense(hidden_states))
        return self.LayerNorm(hidden_states + input_tensor)  # QL101


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.key = nn.Linear(config.hidden, config.hidden)
        self.output = SelfOutput(config)
        self.act = nn.ReLU()

    def forward(
        self, h, attention_mask=None, output_attentions: Optional[bool] = False
    ) -> Tuple[torch.Tensor]:
        k = self.act(self.key(h))
        outputs = (self.output(k, h),)
        outputs = outputs + (k,) if output_attentions else outputs
        return outputs


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.layer = nn.ModuleList([Layer(config) for _ in range(config.n)])

    def forward(self, h, attention_mask=None, output_hidden_states=False):
        all_h = () if output_hidden_states else None
        for i, layer_module in enumerate(self.layer):
            if output_hidden_states:
                all_h = all_h + (h,)
            h = layer_module(h, attention_mask)[0]
        return tuple(v for v in [h, all_h] if v is not None)


class Model(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.word = nn.Embedding(10, config.hidden)
        self.pos = nn.Embedding(10, config.hidden)
        self.encoder = Encoder(config)
        self.cls = nn.Linear(config.hidden, 2)
        self.loss_fct = nn.CrossEntropyLoss()

    def forward(self, input_ids, labels=None, past_length: int = 0):
        pos = torch.arange(input_ids.size(1)).unsqueeze(0) + past_length
        e = self.word(input_ids) + self.pos(pos)
        out = self.encoder(e)
        logits = self.cls(out[0])
        loss = None
        if labels is not None:
            loss = self.loss_fct(logits.view(-1, 2), labels.view(-1)) * 0.5
        return Output(logits=logits, loss=loss)


class C:
    hidden = 4
    n = 2


def make():
    return Model(C()), (torch.randint(0, 10, (1, 5)),)
