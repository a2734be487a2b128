# Everything needs Python 3.11, make and git, and nothing else; the first target sets up the rest.
PYTHON ?= python3.11
BIN := .venv/bin
EXTRAS := train,export,predict,dev,av,demo,slurm,search,probe

.PHONY: setup test check coverage torture demo docs clean

setup: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[$(EXTRAS)]'
	touch $@

# There are as many processes as cores, and threads that wait for each other spin.
test: export OMP_NUM_THREADS := 1
test: check
	$(BIN)/pytest -q -n auto --dist loadgroup --no-loadscope-reorder

coverage: setup  # which lines no test reaches; measuring doubles the time
	$(BIN)/pytest -q --cov --cov-report=term:skip-covered

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell ser conf tests benchmarks hydra_plugins README.md CHANGELOG.md CONTRIBUTING.md docs multirun_sweeps/README.md

torture: setup  # sweeps and downloads killed at random moments, crowds of processes; half an hour
	$(BIN)/pytest -q -m torture

demo: setup
	$(BIN)/python -m ser.synth
	$(BIN)/python -m ser.pretune recipe=demo
	$(BIN)/python -m ser.train experiment=demo
	$(BIN)/python -m ser.analyze sweep=demo
	@echo "Next: open multirun_sweeps/demo/report/report.html"
	@echo "      source .venv/bin/activate && ser       # all commands"
	@echo "      mlflow ui --backend-store-uri sqlite:///multirun_sweeps/mlflow.db"
	@echo "      docs/tutorials/your_corpus.md          # your own recordings; make docs builds the site"

docs: export NO_MKDOCS_2_WARNING := 1
docs: setup  # the site, in .site/; no network is used
	$(BIN)/mkdocs build

clean:
	rm -rf .site .venv .cache demo audit multirun_sweeps/demo multirun_sweeps/demo_pretune
