"""One Muon step on matrices of a transformer, in PyTorch, float32."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "src"))
from yardstick import serve, torch


def orthogonalize(matrix, steps=5):
    x = matrix.T if matrix.shape[0] > matrix.shape[1] else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        gram = x @ x.T
        x = 3.4445 * x + (-4.7750 * gram + 2.0315 * gram @ gram) @ x
    return x.T if matrix.shape[0] > matrix.shape[1] else x


def muon(rows, columns):
    weight, gradient, average = (torch.randn(rows, columns) for _ in range(3))

    def step():
        average.lerp_(gradient, 0.05)
        update = orthogonalize(torch.lerp(gradient, average, 0.95))
        weight.sub_(update, alpha=0.02 * max(1, rows / columns) ** 0.5)

    return step


SHAPES = [(384, 1536), (1536, 384), (384, 384)]
serve({f"muon-{rows}x{columns}": (lambda shape: lambda: muon(*shape))((rows, columns)) for rows, columns in SHAPES})
