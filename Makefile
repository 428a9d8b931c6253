# SPDX-License-Identifier: LGPL-2.1-or-later
# Two commands for people; everything else is Meson's.
BUILD ?= build
JOBS ?= $(shell nproc)

demo: $(BUILD)/build.ninja
	ninja -C $(BUILD) -j $(JOBS)
	python3 tests/integration/demo.py --build $(BUILD)

check: $(BUILD)/build.ninja
	ninja -C $(BUILD) -j $(JOBS)
	python3 tests/run.py --build $(BUILD)

$(BUILD)/build.ninja: .ci/deps
	.ci/install
	CC="$$(command -v ccache) gcc" meson setup $(BUILD) || meson setup --reconfigure $(BUILD)

clean:
	rm -rf $(BUILD)

.PHONY: demo check clean
