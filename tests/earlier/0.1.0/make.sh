#!/usr/bin/env bash
# Makes these files with the palaestra that is installed (0.1.0 made them); run it in an empty folder.
# Every training is killed after it has logged a line behind its last checkpoint; expected.json has what it would have
# come to, and the actions of its last checkpoint's policy.
set -euo pipefail
export PALAESTRA_DATA=$PWD/cache MINARI_DATASETS_PATH=$PWD/minari OMP_NUM_THREADS=1
id=palaestra/hopper/random-v0
palaestra data make $id --rows 400 --processes 1
palaestra data convert $id hopper.hdf5
palaestra data convert $id hopper.npz
palaestra data convert $id minari:palaestra/hopper-v0
palaestra rollout palaestra/AndroidTasks-v0 --policy noisy-oracle --episodes 4 --no-pictures --out phone.arrows
palaestra rollout palaestra/AndroidTasks-v0 --task SystemWifiTurnOff --policy oracle --episodes 1 \
  --arguments '{"codec": "autoui", "observe": ["text"], "render": [54, 120]}' --out phone-pictures.arrows

train() {  # train ALGORITHM OPTIONS...: as a whole in whole/, and killed at update $stop in runs/
  local out=$1$suffix
  palaestra train "$@" --out "whole/$out"
  python - "$stop" train "$@" --out "runs/$out" <<'PYTHON' || true
import os, sys
from palaestra.__main__ import run
from palaestra.data.runs import Run

log = Run.log_metrics
def log_until(self, update, metrics):
    log(self, update, metrics)
    if update >= int(sys.argv[1]):
        os._exit(9)
Run.log_metrics = log_until
run(sys.argv[2:])
PYTHON
}

offline="--dataset $id --steps 40 --evaluate-every 20 --log-every 10 --episodes 1 --seeds 2 --threads 1 --device cpu"
stop=30 suffix=
for learner in bc td3bc prdc rebrac iql awac cql famo2o-iql famo2o-cql; do
  train $learner $offline --batch-size 8 --hidden 8 8
done
train a2pr $offline --batch-size 8 --hidden 8 8 --critic-hidden 8 8 --vae-hidden 8 8
train dt $offline --batch-size 4 --K 5 --embed-dim 8 --n-layer 1 --max-ep-len 50 --targets 30
train lamo $offline --batch-size 4 --K 5 --trunk random --n-layer 1 --n-head 2 --n-embd 16 --rank 2 --max-ep-len 50 \
  --targets 30
stop=70 suffix=-online
for learner in iql prdc; do
  train $learner $offline --batch-size 8 --hidden 8 8 --online-steps 40
done
suffix=
online="--env palaestra/Hopper-v0 --steps 80 --evaluate-every 40 --log-every 20 --episodes 1 --seeds 2 --threads 1
  --device cpu"
stop=60
for agent in sb3-sac sb3-td3; do
  train $agent $online --batch-size 8 --hidden 8 8 --learning-starts 20 --buffer-size 100
done
train sb3-ppo $online --n-steps 20 --batch-size 10 --hidden 8 8

python - <<'PYTHON'
import gzip, json
from pathlib import Path
import gymnasium, numpy as np, palaestra
from palaestra.agents import stable_baselines
from palaestra.data.runs import Run
from palaestra.offline_rl.train import restored

expected = {"observations": np.linspace(-0.5, 0.8, 2 * 11).reshape(2, 1, 11).tolist(), "runs": {}, "fingerprints": {}}
for path in sorted(Path("runs").iterdir()):
    run = Run.open(path)
    agent = (stable_baselines.restored if path.name.startswith("sb3") else restored)(run, "cpu")
    agent.policy.reset()
    actions = agent.policy.act(np.array(expected["observations"])).tolist()
    (whole,) = Path("whole", path.name).glob("checkpoint-*")
    metrics = Run.open(whole.parent).metrics()[-1]
    del metrics["updates_per_second"]
    expected["runs"][path.name] = {"actions": actions, "checkpoint": run.load_checkpoint()[0], "metrics": metrics}
for world_id in ("palaestra/Hopper-v0", "palaestra/AndroidTasks-v0", "palaestra/Android-v0"):
    world = gymnasium.make(world_id)
    world.reset(seed=3)
    world.action_space.seed(3)
    for _ in range(3):
        world.step(world.action_space.sample())
    name = world_id.removeprefix("palaestra/")
    Path(f"{name}.snapshot.gz").write_bytes(gzip.compress(world.snapshot(), mtime=0))
    expected["fingerprints"][world_id] = world.fingerprint()
Path("expected.json").write_text(json.dumps(expected, indent=1) + "\n")
PYTHON
rm -r runs/*/tensorboard whole
