"""Teaches the shipped model to answer in long conversations as it answers in short ones.

    pip install jax optax
    python train.py MODEL.gguf LESSONS.jsonl OUTPUT.gguf --minutes 40 --blend 0.5

Context distillation: the model as it is reads the plain side of each lesson, and what it predicts for
the answer's tokens is what the model being trained must predict for the same tokens on the long side
and, so that nothing is forgotten, on the plain side too. The file keeps its header; only the tensors'
bytes change.
"""
import argparse, json, math, random, struct, time
import jax, jax.numpy as jnp, numpy as np, optax

LAYERS, WIDTH, HEADS, HEAD = 6, 192, 6, 32
EPSILON, BASE = 1e-5, 10000.0
IM_END = 1109
HEADER = [1108, 274, 10]  # <|im_start|>assistant and a line break


# --- the file


def skip_value(data, at, kind):
    sizes = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
    if kind == 8:
        return at + 8 + struct.unpack_from('<Q', data, at)[0]
    if kind == 9:
        item, count = struct.unpack_from('<IQ', data, at)
        at += 12
        for _ in range(count):
            at = skip_value(data, at, item)
        return at
    return at + sizes[kind]


def read_table(data):
    """Name -> (shape as llama.cpp stores it, type, offset in the file)."""
    tensors, pairs = struct.unpack_from('<QQ', data, 8)
    at = 24
    for _ in range(pairs):
        at += 8 + struct.unpack_from('<Q', data, at)[0]
        at = skip_value(data, at + 4, struct.unpack_from('<I', data, at)[0])
    table = {}
    for _ in range(tensors):
        length = struct.unpack_from('<Q', data, at)[0]
        name = data[at + 8:at + 8 + length].decode()
        at += 8 + length
        rank = struct.unpack_from('<I', data, at)[0]
        shape = struct.unpack_from(f'<{rank}Q', data, at + 4)
        kind, offset = struct.unpack_from('<IQ', data, at + 4 + 8 * rank)
        at += 4 + 8 * rank + 12
        table[name] = (shape[::-1], kind, offset)
    start = -(-at // 32) * 32
    return {name: (shape, kind, start + offset) for name, (shape, kind, offset) in table.items()}


BLOCK = np.dtype([('scale', '<f2'), ('quants', 'i1', 32)])


def read_tensor(data, shape, kind, at):
    count = math.prod(shape)
    if kind == 0:
        return np.frombuffer(data, '<f4', count, at).reshape(shape).copy()
    assert kind == 8, kind
    blocks = np.frombuffer(data, BLOCK, count // 32, at)
    return (blocks['scale'].astype('f4')[:, None] * blocks['quants']).reshape(shape)


def write_tensor(values, kind):
    if kind == 0:
        return values.astype('<f4').tobytes()
    rows = values.reshape(-1, 32).astype('f4')
    scale = np.abs(rows).max(1) / 127
    inverse = np.where(scale > 0, 1 / np.where(scale > 0, scale, 1), 0)
    blocks = np.empty(len(rows), BLOCK)
    blocks['scale'] = scale
    blocks['quants'] = np.round(rows * inverse[:, None])
    return blocks.tobytes()


# --- the model


def norm(x, weight):
    return x * jax.lax.rsqrt(jnp.mean(x * x, -1, keepdims=True) + EPSILON) * weight


def rotate(x, positions):
    angles = positions[:, None] * BASE ** (-jnp.arange(0, HEAD, 2) / HEAD)
    cos, sin = jnp.cos(angles)[:, None], jnp.sin(angles)[:, None]
    even, odd = x[..., 0::2], x[..., 1::2]
    return jnp.stack([even * cos - odd * sin, even * sin + odd * cos], -1).reshape(x.shape)


def block(x, w, positions):
    length = x.shape[0]
    h = norm(x, w['attn_norm'])
    q, k, v = [(h @ w[name].T).reshape(length, HEADS, HEAD) for name in ('attn_q', 'attn_k', 'attn_v')]
    scores = jnp.einsum('qhd,khd->hqk', rotate(q, positions), rotate(k, positions)) / math.sqrt(HEAD)
    causal = jnp.tril(jnp.ones((length, length), bool))
    weights = jax.nn.softmax(jnp.where(causal, scores, -1e9), -1)
    x = x + jnp.einsum('hqk,khd->qhd', weights, v).reshape(length, WIDTH) @ w['attn_output'].T
    h = norm(x, w['ffn_norm'])
    return x + (jax.nn.silu(h @ w['ffn_gate'].T) * (h @ w['ffn_up'].T)) @ w['ffn_down'].T


def log_probabilities(params, tokens, positions, at):
    """For the token after each place in `at`."""
    x = params['token_embd'][tokens]
    for layer in range(LAYERS):
        x = jax.checkpoint(block)(x, params['layers'][layer], positions)
    return jax.nn.log_softmax(norm(x[at], params['output_norm']) @ params['token_embd'].T)


def tree(data, table):
    get = lambda name: jnp.asarray(read_tensor(data, *table[name + '.weight']))
    parts = ('attn_norm', 'attn_q', 'attn_k', 'attn_v', 'attn_output', 'ffn_norm', 'ffn_gate', 'ffn_up', 'ffn_down')
    return {
        'token_embd': get('token_embd'),
        'output_norm': get('output_norm'),
        'layers': [{part: get(f'blk.{layer}.{part}') for part in parts} for layer in range(LAYERS)],
    }


def save(params, data, table, path):
    out = bytearray(data)
    for name, (shape, kind, at) in table.items():
        key = name.removesuffix('.weight')
        value = params['layers'][int(key.split('.')[1])][key.split('.')[2]] if key.startswith('blk.') else params[key]
        raw = write_tensor(np.asarray(value), kind)
        out[at:at + len(raw)] = raw
    open(path, 'wb').write(out)


# --- lessons

BUCKETS = (64, 128, 256, 512, 768, 1024, 1536, 2048, 2560, 3072)
PLACES = 192


def answer_places(tokens, header):
    """Places whose next token belongs to an answer."""
    places, at = [], 0
    while at < len(tokens) - len(header):
        if tokens[at:at + len(header)] == header:
            at += len(header)
            while at < len(tokens):
                places.append(at - 1)
                at += 1
                if tokens[at - 1] == IM_END:
                    break
        else:
            at += 1
    return places


def padded(tokens, places, chance):
    """Tokens and positions at one of a few lengths (each is compiled once); gaps as in its first training."""
    size = next(size for size in BUCKETS if size >= len(tokens))
    gaps = np.zeros(size, np.int32)
    if chance is not None and len(tokens) > 200 and chance.random() < 0.5:
        for _ in range(chance.choice((1, 1, 2))):
            gaps[chance.randrange(1, len(tokens)):] += int(16 * (14000 / 16) ** chance.random())
    at = np.zeros(PLACES, np.int32)
    at[:len(places)] = places
    return (
        np.pad(np.array(tokens, np.int32), (0, size - len(tokens))),
        (np.arange(size, dtype=np.int32) + gaps).astype(np.float32),
        at,
        (np.arange(PLACES) < len(places)).astype(np.float32),
    )


predict = jax.jit(log_probabilities)


def distance(params, tokens, positions, at, mask, target):
    mine = log_probabilities(params, tokens, positions, at)
    return jnp.sum(mask * jnp.sum(jnp.exp(target) * (target - mine), -1))


step_of = jax.jit(jax.value_and_grad(distance))


def main():
    options = argparse.ArgumentParser()
    options.add_argument('model'), options.add_argument('lessons', nargs='+'), options.add_argument('output')
    options.add_argument('--minutes', type=float, default=30)
    options.add_argument('--rate', type=float, default=1e-3)
    options.add_argument('--batch', type=int, default=4)
    options.add_argument('--longest', type=int, default=2048)
    options.add_argument('--plain', type=int, default=8, help='further lessons a step of which only the short side is read')
    options.add_argument('--blend', type=float, default=1, help='share of the trained weights in the output')
    options.add_argument('--start', help='weights to go on from; the teacher stays MODEL')
    options.add_argument('--seed', type=int, default=1)
    options = options.parse_args()
    data = open(options.model, 'rb').read()
    table = read_table(data)
    teacher = tree(data, table)
    params = tree(open(options.start, 'rb').read(), table) if options.start else teacher
    chance = random.Random(options.seed)
    lessons = [json.loads(line) for path in options.lessons for line in open(path)]
    # Time grows with the square of the length, what is learnt does not.
    lessons = [lesson for lesson in lessons
               if len(lesson['long']) <= options.longest and chance.random() < (1024 / len(lesson['long'])) ** 2]
    chance.shuffle(lessons)
    schedule_at = lambda share: options.rate * min(1, share / 0.05) * max(0.02, 1 - share)
    optimiser = optax.inject_hyperparams(lambda learning_rate: optax.chain(
        optax.clip_by_global_norm(1.0), optax.adam(learning_rate, b2=0.98)))(learning_rate=options.rate)
    state = optimiser.init(params)
    apply = jax.jit(lambda grads, state, params: (lambda updates, state: (optax.apply_updates(params, updates), state))(*optimiser.update(grads, state, params)))
    add = jax.jit(lambda a, b: jax.tree.map(jnp.add, a, b))
    scale = jax.jit(lambda a, by: jax.tree.map(lambda x: x * by, a))
    write = lambda: save(jax.tree.map(lambda old, new: (1 - options.blend) * old + options.blend * new, teacher, params),
                         data, table, options.output)
    began, used, step, seen = time.time(), 0, 0, 0
    averages = {'long': None, 'plain': None}
    while (share := (time.time() - began) / 60 / max(options.minutes, 1e-9)) < 1:
        total, count = None, 0
        sums = {'long': [0, 0], 'plain': [0, 0]}
        for turn in range(options.batch + options.plain):
            lesson = lessons[used % len(lessons)]
            used += 1
            places = {side: answer_places(lesson[side], HEADER) for side in ('plain', 'long')}
            if len(places['plain']) != len(places['long']) or not 0 < len(places['plain']) <= PLACES:
                continue
            tokens, positions, at, mask = padded(lesson['plain'], places['plain'], None)
            target = predict(teacher, tokens, positions, at)
            same = lesson['plain'] == lesson['long']
            for side in ('plain',) if same or turn >= options.batch else ('long', 'plain'):
                given = padded(lesson[side], places[side], chance if side == 'long' else None)
                loss, grads = step_of(params, *given, target)
                total = grads if total is None else add(total, grads)
                count += len(places[side])
                seen += len(lesson[side])
                sums[side][0] += float(loss)
                sums[side][1] += len(places[side])
        if total is None:
            continue
        state.hyperparams['learning_rate'] = jnp.asarray(schedule_at(share))
        params, state = apply(scale(total, 1 / count), state, params)
        step += 1
        for side, (loss, places) in sums.items():
            if places:
                mean = loss / places
                averages[side] = mean if averages[side] is None else 0.9 * averages[side] + 0.1 * mean
        if step % 5 == 0 or step < 4:
            elapsed = time.time() - began
            print(f'{elapsed / 60:5.1f} min, step {step}, {used} lessons, {seen / elapsed:.0f} tokens/s, ' +
                  ', '.join(f'{side} {value or 0:.4f}' for side, value in averages.items()), flush=True)
        if step % 25 == 0:
            write()
    write()


if __name__ == '__main__':
    main()
