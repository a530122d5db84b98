"""The optimisers that `radapt step --optimizer` names, with its defaults: torch.optim's, and Lion after its paper."""
import torch

DEFAULTS = {
    "adamw": {"lr": 0.01, "weightDecay": 0.01, "betas": [0.9, 0.999], "eps": 1e-8},
    "sgd": {"lr": 0.01, "weightDecay": 0, "momentum": 0, "nesterov": False},
    "lion": {"lr": 1e-3, "weightDecay": 0.01, "betas": [0.9, 0.99]},
}


class Lion(torch.optim.Optimizer):
    """Algorithm 2 of arXiv 2302.06675."""

    def __init__(self, parameters, lr, betas, weight_decay):
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                update = torch.sign(beta1 * momentum + (1 - beta1) * p.grad)
                p.sub_(group["lr"] * (update + group["weight_decay"] * p))
                momentum.mul_(beta2).add_(p.grad, alpha=1 - beta2)


def complete(optimizer):
    """The optimiser with every setting that its name has."""
    name = (optimizer or {}).get("name", "adamw")
    return {"name": name, **DEFAULTS[name], **(optimizer or {})}


def make(parameters, o):
    common = {"lr": o["lr"], "weight_decay": o["weightDecay"]}
    if o["name"] == "sgd":
        return torch.optim.SGD(parameters, momentum=o["momentum"], nesterov=o["nesterov"], **common)
    if o["name"] == "lion":
        return Lion(parameters, betas=tuple(o["betas"]), **common)
    return torch.optim.AdamW(parameters, betas=tuple(o["betas"]), eps=o["eps"], **common)
