import { type Failure, Remote } from './remote.js';

/** Debian's Python, which sees `python3-torch` where one of a virtual environment would not. */
const PYTHON = '/usr/bin/python3';

/** PyTorch on one thread, running a script made with `yardstick.py`; or why not, and how to install it. */
export async function startTorch(script: URL): Promise<Remote | Failure> {
  const torch = await Remote.start('torch', PYTHON, [script.pathname]);
  if (torch instanceof Remote) return torch;
  return { ...torch, error: `${torch.error} (apt-get install python3-torch libopenblas0-pthread)` };
}
