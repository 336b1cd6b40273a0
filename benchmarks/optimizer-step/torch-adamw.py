"""AdamW on the parameters of `optimizer-step`, in PyTorch."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "src"))
from yardstick import serve, torch

BLOCK = [(384, 1152), (384, 384), (384, 1536), (1536, 384), (384,), (384,)]


def adamw():
    parameters = [torch.nn.Parameter(torch.randn(shape)) for _ in range(6) for shape in BLOCK]
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    return torch.optim.AdamW(parameters, lr=1e-3).step


serve({"optimizer-step-10.6M": adamw})
