"""The training step of `gpt-step`, written in PyTorch. Started by the benchmark; needs Debian's python3-torch.

Same model and step as ../gpt-step: GPT-2 blocks with pre-norm, biases and tanh GELU, learned positions, head tied to the
token table, no dropout; forward, backward, clip to a global norm of 1, AdamW(1e-3, decay 0.1, betas 0.9 and 0.99).
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "src"))
from yardstick import serve, torch

nn, F = torch.nn, torch.nn.functional


class Attention(nn.Module):
    def __init__(self, width, heads, context):
        super().__init__()
        self.qkv, self.out, self.heads = nn.Linear(width, 3 * width), nn.Linear(width, width), heads
        self.register_buffer("hidden", torch.ones(context, context, dtype=torch.bool).triu(1))

    def forward(self, x):
        batch, time, width = x.shape
        q, k, v = self.qkv(x).view(batch, time, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        scores = (q @ k.mT * q.shape[-1] ** -0.5).masked_fill(self.hidden, float("-inf"))
        return self.out((scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, time, width))


class Block(nn.Module):
    def __init__(self, width, heads, context):
        super().__init__()
        self.norm1, self.attention = nn.LayerNorm(width), Attention(width, heads, context)
        self.norm2, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x)), approximate="tanh"))


class Model(nn.Module):
    def __init__(self, layers, heads, width, context, vocabulary):
        super().__init__()
        self.tokens, self.positions = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*(Block(width, heads, context) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, tokens, labels):
        x = self.norm(self.blocks(self.tokens(tokens) + self.positions.weight))
        return F.cross_entropy(F.linear(x, self.tokens.weight).flatten(0, 1), labels.flatten())


def training(layers, heads, width, context, vocabulary, batch):
    torch.manual_seed(1)
    model = Model(layers, heads, width, context, vocabulary)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1, betas=(0.9, 0.99))
    batches = [torch.randint(vocabulary, (batch, context + 1)) for _ in range(8)]

    def step():
        tokens = batches.pop(0)
        batches.append(tokens)
        optimizer.zero_grad(set_to_none=True)
        loss = model(tokens[:, :-1], tokens[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    return step


serve({
    "gpt-4x128": lambda: training(layers=4, heads=4, width=128, context=64, vocabulary=65, batch=16),
    "gpt-6x384": lambda: training(layers=6, heads=6, width=384, context=256, vocabulary=65, batch=8),
})
