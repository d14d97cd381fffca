# next-letter model for the limerick collection, plain numpy, everything global
# python char_rnn_script.py   (expects limericks.txt beside it, else trains on a stub)
import os
import numpy as np

np.random.seed(42)

if os.path.exists('limericks.txt'):
    text = open('limericks.txt').read().lower()
else:
    text = 'there was an old man with a beard, who said: it is just as i feared. ' * 2

vocab = sorted(set(text))
V = len(vocab)
stoi = {c: i for i, c in enumerate(vocab)}
itos = {i: c for i, c in enumerate(vocab)}
print(len(text), 'letters,', V, 'different ones')

H = 8             # state size
seq_len = 6
lr = 0.05
decay = 0.9
max_iters = 3

Wxh = np.random.randn(H, V) * 0.1
Whh = np.random.randn(H, H) * 0.1
Why = np.random.randn(V, H) * 0.1
bh = np.zeros((H, 1))
by = np.zeros((V, 1))


def lossFun(inputs, targets, hprev):
    """
    one forward and one backward sweep over a piece of text
    inputs, targets: lists of letter numbers, hprev: state before the first letter, (H, 1)
    gives back loss, the five gradients, and the state after the last letter
    """
    xs, hs, ps = {}, {}, {}
    hs[-1] = hprev.copy()
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((V, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t-1]) + bh)
        logits = np.dot(Why, hs[t]) + by
        # logits -= logits.max()
        ps[t] = np.exp(logits) / np.sum(np.exp(logits))
        loss -= np.log(ps[t][targets[t], 0])

    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hprev)
    for t in reversed(range(len(inputs))):
        dy = ps[t].copy()
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t-1].T)
        dhnext = np.dot(Whh.T, dhraw)

    # without this it blows up on the long lines
    for d in (dWxh, dWhh, dWhy, dbh, dby):
        np.clip(d, -5, 5, out=d)
    return loss, dWxh, dWhh, dWhy, dbh, dby, hs[len(inputs)-1]


def write(h, first, length, temperature=1.0):
    """let the model write something"""
    x = np.zeros((V, 1))
    x[first] = 1
    out = []
    for _ in range(length):
        h = np.tanh(np.dot(Wxh, x) + np.dot(Whh, h) + bh)
        e = np.exp((np.dot(Why, h) + by) / temperature)
        k = np.random.choice(V, p=(e / e.sum()).ravel())
        x[:] = 0
        x[k] = 1
        out.append(itos[k])
    return ''.join(out)


def check(inputs, targets, hprev, delta=1e-5, tries=10):
    """spot checks, by hand only"""
    grads = lossFun(inputs, targets, hprev)[1:6]
    for p, dp, name in zip((Wxh, Whh, Why, bh, by), grads, ('Wxh', 'Whh', 'Why', 'bh', 'by')):
        for _ in range(tries):
            k = np.random.randint(p.size)
            keep = p.flat[k]
            p.flat[k] = keep + delta
            up = lossFun(inputs, targets, hprev)[0]
            p.flat[k] = keep - delta
            down = lossFun(inputs, targets, hprev)[0]
            p.flat[k] = keep
            dnum = (up - down) / (2 * delta)
            print('%s[%d]  %.7f  %.7f' % (name, k, dnum, dp.flat[k]))


mWxh, mWhh, mWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
mbh, mby = np.zeros_like(bh), np.zeros_like(by)
average = np.log(V) * seq_len
history = []
position = 0
h = np.zeros((H, 1))

for it in range(max_iters):
    if position + seq_len + 1 >= len(text):
        position, h = 0, np.zeros((H, 1))
    inputs = [stoi[c] for c in text[position:position + seq_len]]
    targets = [stoi[c] for c in text[position + 1:position + seq_len + 1]]

    loss, dWxh, dWhh, dWhy, dbh, dby, h = lossFun(inputs, targets, h)
    average = 0.999 * average + 0.001 * loss
    history.append(loss)

    # rmsprop
    for p, dp, m in zip((Wxh, Whh, Why, bh, by),
                        (dWxh, dWhh, dWhy, dbh, dby),
                        (mWxh, mWhh, mWhy, mbh, mby)):
        m *= decay
        m += (1 - decay) * dp * dp
        p -= lr * dp / np.sqrt(m + 1e-8)

    if it % 500 == 0:
        print('%6d  %.3f' % (it, average))
        print('   ', write(h, inputs[0], 40))
    position += seq_len

# import matplotlib.pyplot as plt
# plt.plot(np.convolve(history, np.ones(100) / 100, mode='valid'))
# plt.show()
