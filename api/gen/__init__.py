# SPDX-License-Identifier: LGPL-2.1-or-later
"""The generator: parse (parse.py) -> check (model.py) -> one backend per output."""
