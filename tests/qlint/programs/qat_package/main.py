import torch
import torch.ao.quantization as Q
from model import QuantNet


def train(net, loader, crit, opt):
    for x, y in loader:
        out = net(x)
        loss = crit(out, y) * 0.5 + sum(p.abs().sum() for p in net.parameters()) * 1e-5
        loss.backward()
        opt.step()
        acc = (out.argmax(1) == y).float().sum() / len(y) * 100


def make():
    net = QuantNet()
    return net, (torch.rand(1, 3, 8, 8),)


def main():
    net, a = make()
    net.train()
    net.qconfig = Q.get_default_qat_qconfig("fbgemm")
    Q.prepare_qat(net, inplace=True)
    train(net, [], torch.nn.MSELoss(), torch.optim.SGD(net.parameters(), 0.1))
    q = Q.convert(net.eval())
    diff = (q(*a) - net(*a)).abs().mean() * 2


if __name__ == "__main__":
    main()
