#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Write text files as C strings: embed.py OUTPUT FILE… makes `const char virCpuData_NAME[]` of NAME.cpus, without comments."""
import os
import sys

with open(sys.argv[1], "w") as out:
    out.write("/* made by embed.py */\n")
    for path in sys.argv[2:]:
        name = os.path.basename(path).split(".")[0]
        out.write(f"extern const char virCpuData_{name}[];\nconst char virCpuData_{name}[] =\n")
        with open(path) as f:
            for line in f:
                if line.strip() and not line.startswith("#"):
                    out.write('    "%s\\n"\n' % line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"'))
        out.write("    ;\n")
