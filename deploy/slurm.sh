#!/usr/bin/env bash
# Section 4's runs as a Slurm array of 16 parts. Written, not run here: no Slurm runs where the book is made. In a clone
# that all machines see:
#
#     cargo build --release --locked --example gans
#     id=$(sbatch --parsable deploy/slurm.sh)
#     sbatch --dependency=afterok:$id --wrap "target/release/examples/gans runs --merge"
#
# One part again: sbatch --array=3 deploy/slurm.sh. Machines are of one kind (--constraint), or the merge refuses.
#SBATCH --job-name=gans
#SBATCH --array=1-16
#SBATCH --cpus-per-task=1
#SBATCH --mem=1G
#SBATCH --time=01:00:00
set -euo pipefail
cd "$SLURM_SUBMIT_DIR"
export RAYON_NUM_THREADS=$SLURM_CPUS_PER_TASK
exec target/release/examples/gans runs --shard "$SLURM_ARRAY_TASK_ID/16" # as many as the array has
