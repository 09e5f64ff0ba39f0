"""A real llama-server, of the PyPI package xllamacpp: MODEL WINDOW SLOTS. Prints its address; ends with its standard input.

The window is that of one slot, as llama-server divides what it is given.
"""

import sys

import xllamacpp

model, window, slots = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
params = xllamacpp.CommonParams()
params.model.path = model
params.n_ctx = window * slots
params.n_parallel = slots
params.cpuparams.n_threads = 1
params.cpuparams_batch.n_threads = 1
params.hostnames = ["127.0.0.1"]
params.port = 0
server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
