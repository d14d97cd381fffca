# toy nets for the reading group, no classes, no functions to speak of
# 1) truth table  2) straight line  3) mini batches with dropout
import sys
import numpy as np

np.random.seed(1)


def nonlin(x, deriv=False):
    if deriv:
        return x*(1-x)      # x went through the sigmoid already
    return 1/(1+np.exp(-x))

def tanh2deriv(output):
    return 1 - output**2

def relu(x):
    return (x > 0) * x

def relu2deriv(output):
    return output > 0

def softmax(x):
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / np.sum(e, axis=1, keepdims=True)


# the last column is for the bias
X = np.array([[0, 0, 1],
              [0, 1, 1],
              [1, 0, 1],
              [1, 1, 1],
              [.5, .2, 1]])
y = np.array([[0, 1, 1, 0, 1]]).T

iterations = 20
alpha = 0.5
hidden = 4

# ------------------------------------------------------------ 1) truth table

syn0 = 2*np.random.random((3, hidden)) - 1
syn1 = 2*np.random.random((hidden, 1)) - 1

for j in range(iterations):
    l0 = X
    l1 = nonlin(np.dot(l0, syn0))
    l2 = nonlin(np.dot(l1, syn1))

    l2_error = y - l2
    if j % 10000 == 0:
        print("mean abs error", np.mean(np.abs(l2_error)))

    l2_delta = l2_error*nonlin(l2, deriv=True)
    # send it back through the second set of weights
    l1_error = l2_delta.dot(syn1.T)
    l1_delta = l1_error * nonlin(l1, deriv=True)

    syn1 += alpha * l1.T.dot(l2_delta)
    syn0 += alpha * l0.T.dot(l1_delta)

print("it says", np.round(l2.ravel(), 3))

# no hidden layer: fits on two lines
syn = 2*np.random.random((3, 1)) - 1
for j in range(iterations):
    out = 1/(1+np.exp(-(np.dot(X, syn))))
    syn += X.T.dot((y-out)*(out*(1-out)))

# ------------------------------------------------------------ 2) straight line
# grid and t are flat
n = 40
dx = 2.0 / n
grid = np.arange(n) * dx - 1.0
t = 3*grid + 0.5 + 0.1*np.random.randn(n)
slope, offset = 0.0, 0.0
lr = 0.1
losses = []
for epoch in range(iterations):
    pred = slope*grid + offset
    loss = ((pred - t)**2).mean()
    losses.append(loss)
    d_pred = 2*(pred - t)/n
    d_slope = (d_pred * grid).sum()
    d_offset = d_pred.sum()
    slope -= lr*d_slope
    offset -= lr*d_offset
    # print(epoch, loss)

# noise for the background of the figure (dW: Brownian increment)
dt = 0.01
path = np.zeros(n)
for k in range(1, n):
    dW = np.sqrt(dt)*np.random.randn()
    path[k] = path[k-1] - path[k-1]*dt + 0.3*dW

# ------------------------------------------------------------ 3) mini batches
images = np.random.randn(30, 6)
labels = np.zeros((30, 3))
labels[np.arange(30), np.random.randint(3, size=30)] = 1

batch_size = 5
rate = 0.01
epochs = 2

weights_0_1 = 0.2*np.random.random((6, 7)) - 0.1
weights_1_2 = 0.2*np.random.random((7, 4)) - 0.1
weights_2_3 = 0.2*np.random.random((4, 3)) - 0.1
bias_3 = np.zeros((1, 3))

for epoch in range(epochs):
    error, correct = 0.0, 0
    for i in range(len(images) // batch_size):
        start, end = i*batch_size, (i+1)*batch_size
        layer_0 = images[start:end]
        layer_1 = relu(np.dot(layer_0, weights_0_1))
        dropout_mask = np.random.randint(2, size=layer_1.shape)
        layer_1 *= dropout_mask * 2
        layer_2 = np.tanh(np.dot(layer_1, weights_1_2))
        layer_3 = softmax(np.dot(layer_2, weights_2_3) + bias_3)

        error -= np.sum(labels[start:end] * np.log(layer_3))
        correct += np.sum(np.argmax(layer_3, axis=1) == np.argmax(labels[start:end], axis=1))

        layer_3_delta = (labels[start:end] - layer_3) / batch_size
        layer_2_delta = layer_3_delta.dot(weights_2_3.T) * tanh2deriv(layer_2)
        layer_1_delta = layer_2_delta.dot(weights_1_2.T) * relu2deriv(layer_1)
        layer_1_delta *= dropout_mask * 2

        weights_2_3 += rate * layer_2.T.dot(layer_3_delta)
        bias_3 += rate * layer_3_delta.sum(axis=0, keepdims=True)
        weights_1_2 += rate * layer_1.T.dot(layer_2_delta)
        weights_0_1 += rate * layer_0.T.dot(layer_1_delta)

    sys.stdout.write("\repoch %d  error %.4f  right %.3f" % (epoch, error/len(images), correct/len(images)))
print()

if len(sys.argv) > 1 and sys.argv[1] == "plot":
    import matplotlib.pyplot as plt
    plt.plot(grid, t, ".")
    plt.plot(grid, slope*grid + offset)
    plt.plot(grid, path, color="0.7")
    plt.figure()
    plt.semilogy(losses)
    plt.show()
