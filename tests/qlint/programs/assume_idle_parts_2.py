"""The ways of asking for training, and what is no use of a part."""

from torch import nn


class Nested(nn.Module):
    def forward(self, x):
        return x + x


class Conditional(Nested):
    def forward(self, x):
        return x + x


class And(Nested):
    def forward(self, x):
        return x + x


class Else(Nested):
    def forward(self, x):
        return x + x


class Alias(Nested):
    def forward(self, x):
        return x + x


class Compared(Nested):
    def forward(self, x):
        return x + x


class InEval(nn.Module):
    def forward(self, x):
        return x + x  # QL101


class InOneBranch(nn.Module):
    def forward(self, x):
        return x + x  # QL101


class BehindReturn(nn.Module):
    def forward(self, x):
        return x + x  # QL101


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        self.nested, self.conditional, self.both = Nested(), Conditional(), And()
        self.otherwise, self.alias, self.compared = Else(), Alias(), Compared()
        self.in_eval, self.in_one_branch = InEval(), InOneBranch()
        self.behind_return = BehindReturn()

    def freeze(self):
        for parameter in self.nested.parameters():
            parameter.requires_grad = False
        self.both.load_state_dict({})
        self.alias.weight.data.zero_()

    def forward(self, x, use=None):
        training = self.training
        x = self.conv(x)
        extra = None
        if self.nested is not None:
            if self.training:
                extra = self.nested(x)
        more = self.conditional(x) if self.training else None
        other = self.training and self.both(x)
        if not self.training:
            out = x
        else:
            out = self.otherwise(x)
        if training:
            out = self.alias(out)
        if self.training is True:
            out = self.compared(out)
        if not training:
            out = self.in_eval(out)
        out = self.in_one_branch(out) if self.training or use else out
        if not self.training and use is not None:
            return out
        return self.behind_return(out), extra, more, other
