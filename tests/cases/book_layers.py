# layers as in chapters 9 to 19 of my notes; forward() leaves .output, backward() leaves .dinputs and the d-parameters
import os
import numpy as np
import urllib.request
from collections import OrderedDict


# ---------------------------------------------------------------- dense

class Layer_Dense:

    def __init__(self, n_inputs, n_neurons,
                 weight_regularizer_l1=0, weight_regularizer_l2=0,
                 bias_regularizer_l1=0, bias_regularizer_l2=0):
        self.weights = 0.01 * np.random.randn(n_inputs, n_neurons)
        self.biases = np.zeros((1, n_neurons))
        self.weight_regularizer_l1 = weight_regularizer_l1
        self.weight_regularizer_l2 = weight_regularizer_l2
        self.bias_regularizer_l1 = bias_regularizer_l1
        self.bias_regularizer_l2 = bias_regularizer_l2

    def forward(self, inputs, training):
        self.inputs = inputs
        self.output = np.dot(inputs, self.weights) + self.biases

    def backward(self, dvalues):
        self.dweights = np.dot(self.inputs.T, dvalues)
        self.dbiases = np.sum(dvalues, axis=0, keepdims=True)

        # penalties, the absolute value first
        if self.weight_regularizer_l1 > 0:
            dL1 = np.ones_like(self.weights)
            dL1[self.weights < 0] = -1
            self.dweights += self.weight_regularizer_l1 * dL1
        if self.weight_regularizer_l2 > 0:
            self.dweights += 2 * self.weight_regularizer_l2 * self.weights
        if self.bias_regularizer_l1 > 0:
            self.dbiases += self.bias_regularizer_l1 * np.sign(self.biases)
        if self.bias_regularizer_l2 > 0:
            self.dbiases += 2 * self.bias_regularizer_l2 * self.biases

        self.dinputs = np.dot(dvalues, self.weights.T)

    def penalty(self):
        total = 0
        if self.weight_regularizer_l1 > 0:
            total += self.weight_regularizer_l1 * np.sum(np.abs(self.weights))
        if self.weight_regularizer_l2 > 0:
            total += self.weight_regularizer_l2 * np.sum(self.weights * self.weights)
        if self.bias_regularizer_l1 > 0:
            total += self.bias_regularizer_l1 * np.sum(np.abs(self.biases))
        if self.bias_regularizer_l2 > 0:
            total += self.bias_regularizer_l2 * np.sum(self.biases * self.biases)
        return total


# ---------------------------------------------------------------- activations

class Activation_ReLU:

    def forward(self, inputs, training):
        self.inputs = inputs
        self.output = np.maximum(0, inputs)

    def backward(self, dvalues):
        self.dinputs = dvalues.copy()
        self.dinputs[self.inputs <= 0] = 0


class Activation_Softmax:

    def forward(self, inputs, training):
        exp_values = np.exp(inputs - np.max(inputs, axis=1, keepdims=True))
        self.output = exp_values / np.sum(exp_values, axis=1, keepdims=True)

    def backward(self, dvalues):
        self.dinputs = np.empty_like(dvalues)
        # one small square matrix per row
        for i, (row, drow) in enumerate(zip(self.output, dvalues)):
            row = row.reshape(-1, 1)
            jacobian = np.diagflat(row) - np.dot(row, row.T)
            self.dinputs[i] = np.dot(jacobian, drow)


class Activation_Sigmoid:

    def forward(self, inputs, training):
        self.output = 1 / (1 + np.exp(-inputs))

    def backward(self, dvalues):
        self.dinputs = dvalues * (1 - self.output) * self.output


# ---------------------------------------------------------------- losses

class Loss_CategoricalCrossentropy:

    def forward(self, y_pred, y_true):
        samples = len(y_pred)
        if len(y_true.shape) == 1:
            confidences = y_pred[range(samples), y_true]
        elif len(y_true.shape) == 2:
            confidences = np.sum(y_pred * y_true, axis=1)
        return np.mean(-np.log(confidences))

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        labels = len(dvalues[0])
        if len(y_true.shape) == 1:
            y_true = np.eye(labels)[y_true]
        self.dinputs = -y_true / dvalues
        self.dinputs = self.dinputs / samples


class Loss_BinaryCrossentropy:

    def forward(self, y_pred, y_true):
        sample_losses = -(y_true * np.log(y_pred) + (1 - y_true) * np.log(1 - y_pred))
        return np.mean(np.mean(sample_losses, axis=-1))

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        outputs = len(dvalues[0])
        self.dinputs = -(y_true / dvalues - (1 - y_true) / (1 - dvalues)) / outputs
        self.dinputs = self.dinputs / samples


class Loss_MeanAbsoluteError:

    def forward(self, y_pred, y_true):
        return np.mean(np.abs(y_true - y_pred))

    def backward(self, dvalues, y_true):
        samples = len(dvalues)
        outputs = len(dvalues[0])
        self.dinputs = np.sign(dvalues - y_true) / outputs
        self.dinputs = self.dinputs / samples


# ---------------------------------------------------------------- pictures

def im2col(data, fh, fw, stride=1, pad=0):
    """(N, C, H, W) -> one row per window, (N*oh*ow, C*fh*fw)"""
    N, C, H, W = data.shape
    oh = (H + 2*pad - fh)//stride + 1
    ow = (W + 2*pad - fw)//stride + 1
    img = np.pad(data, [(0, 0), (0, 0), (pad, pad), (pad, pad)], 'constant')
    col = np.zeros((N, C, fh, fw, oh, ow))
    for y in range(fh):
        y_max = y + stride*oh
        for x in range(fw):
            x_max = x + stride*ow
            col[:, :, y, x, :, :] = img[:, :, y:y_max:stride, x:x_max:stride]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N*oh*ow, -1)


def col2im(col, shape, fh, fw, stride=1, pad=0):
    N, C, H, W = shape
    oh = (H + 2*pad - fh)//stride + 1
    ow = (W + 2*pad - fw)//stride + 1
    col = col.reshape(N, oh, ow, C, fh, fw).transpose(0, 3, 4, 5, 1, 2)
    img = np.zeros((N, C, H + 2*pad + stride - 1, W + 2*pad + stride - 1))
    for y in range(fh):
        y_max = y + stride*oh
        for x in range(fw):
            x_max = x + stride*ow
            img[:, :, y:y_max:stride, x:x_max:stride] += col[:, :, y, x, :, :]
    return img[:, :, pad:H + pad, pad:W + pad]


class Convolution:

    def __init__(self, W, b, stride=1, pad=0):
        self.W, self.b = W, b
        self.stride, self.pad = stride, pad

    def forward(self, x):
        FN, C, FH, FW = self.W.shape
        N, C, H, W = x.shape
        out_h = 1 + (H + 2*self.pad - FH) // self.stride
        out_w = 1 + (W + 2*self.pad - FW) // self.stride
        col = im2col(x, FH, FW, self.stride, self.pad)
        col_W = self.W.reshape(FN, -1).T
        out = np.dot(col, col_W) + self.b
        out = out.reshape(N, out_h, out_w, -1).transpose(0, 3, 1, 2)
        self.x = x
        self.col = col
        self.col_W = col_W
        return out

    def backward(self, dout):
        FN, C, FH, FW = self.W.shape
        dout = dout.transpose(0, 2, 3, 1).reshape(-1, FN)
        self.db = np.sum(dout, axis=0)
        self.dW = np.dot(self.col.T, dout)
        self.dW = self.dW.transpose(1, 0).reshape(FN, C, FH, FW)
        dcol = np.dot(dout, self.col_W.T)
        dx = col2im(dcol, self.x.shape, FH, FW, self.stride, self.pad)
        return dx


class Pooling:

    def __init__(self, pool_h, pool_w, stride):
        self.pool_h, self.pool_w, self.stride = pool_h, pool_w, stride

    def forward(self, x):
        N, C, H, W = x.shape
        out_h = int(1 + (H - self.pool_h) / self.stride)
        out_w = int(1 + (W - self.pool_w) / self.stride)
        col = im2col(x, self.pool_h, self.pool_w, self.stride)
        col = col.reshape(-1, self.pool_h*self.pool_w)
        self.arg_max = np.argmax(col, axis=1)
        self.x = x
        out = np.max(col, axis=1)
        return out.reshape(N, out_h, out_w, C).transpose(0, 3, 1, 2)

    def backward(self, dout):
        dout = dout.transpose(0, 2, 3, 1)
        pool_size = self.pool_h * self.pool_w
        dmax = np.zeros((dout.size, pool_size))
        dmax[np.arange(self.arg_max.size), self.arg_max.flatten()] = dout.flatten()
        dmax = dmax.reshape(dout.shape + (pool_size,))
        dcol = dmax.reshape(dmax.shape[0] * dmax.shape[1] * dmax.shape[2], -1)
        dx = col2im(dcol, self.x.shape, self.pool_h, self.pool_w, self.stride)
        return dx


# ---------------------------------------------------------------- words

class MatMul:
    def __init__(self, W):
        self.params = [W]
        self.grads = [np.zeros_like(W)]
        self.x = None

    def forward(self, x):
        W, = self.params
        self.x = x
        return np.dot(x, W)

    def backward(self, dout):
        W, = self.params
        dx = np.dot(dout, W.T)
        dW = np.dot(self.x.T, dout)
        self.grads[0][...] = dW
        return dx


class Embedding:
    def __init__(self, W):
        self.params = [W]
        self.grads = [np.zeros_like(W)]
        self.idx = None

    def forward(self, idx):
        W, = self.params
        self.idx = idx
        return W[idx]

    def backward(self, dout):
        dW, = self.grads
        dW[...] = 0
        np.add.at(dW, self.idx, dout)
        # for i, word_id in enumerate(self.idx):
        #     dW[word_id] += dout[i]


class EmbeddingDot:
    def __init__(self, W):
        self.embed = Embedding(W)
        self.params = self.embed.params
        self.grads = self.embed.grads

    def forward(self, h, idx):
        target_W = self.embed.forward(idx)
        out = np.sum(target_W * h, axis=1)
        self.cache = (h, target_W)
        return out

    def backward(self, dout):
        h, target_W = self.cache
        dout = dout.reshape(dout.shape[0], 1)
        dtarget_W = dout * h
        self.embed.backward(dtarget_W)
        dh = dout * target_W
        return dh


# ---------------------------------------------------------------- a small net of the above

class SimpleConvNet:
    def __init__(self, shape=(1, 8, 8), filters=4, size=3, hidden=10, classes=3, std=0.1):
        out = shape[1] - size + 1
        self.params = {
            'W1': std * np.random.randn(filters, shape[0], size, size), 'b1': np.zeros(filters)}
        self.layers = OrderedDict()
        self.layers['Conv1'] = Convolution(self.params['W1'], self.params['b1'])
        self.layers['Pool1'] = Pooling(2, 2, 2)
        self.dense = Layer_Dense(filters * (out // 2) ** 2, classes)
        self.softmax = Activation_Softmax()
        self.last = Loss_CategoricalCrossentropy()

    def loss(self, x, t):
        for layer in self.layers.values():
            x = layer.forward(x)
        self.shape = x.shape
        self.dense.forward(x.reshape(len(x), -1), training=True)
        self.softmax.forward(self.dense.output, training=True)
        return self.last.forward(self.softmax.output, t)

    def gradient(self, x, t):
        self.loss(x, t)
        self.last.backward(self.softmax.output, t)
        self.softmax.backward(self.last.dinputs)
        self.dense.backward(self.softmax.dinputs)
        dout = self.dense.dinputs.reshape(self.shape)
        layers = list(self.layers.values())
        layers.reverse()
        for layer in layers:
            dout = layer.backward(dout)
        grads = {}
        grads['W1'] = self.layers['Conv1'].dW
        grads['b1'] = self.layers['Conv1'].db
        grads['W2'] = self.dense.dweights
        grads['b2'] = self.dense.dbiases
        return grads


class Optimizer_SGD:

    def __init__(self, learning_rate=1., decay=0., momentum=0.):
        self.learning_rate, self.decay, self.momentum = learning_rate, decay, momentum
        self.iterations = 0

    def update_params(self, layer):
        rate = self.learning_rate / (1 + self.decay * self.iterations)
        if self.momentum:
            if not hasattr(layer, 'weight_momentums'):
                layer.weight_momentums = np.zeros_like(layer.weights)
                layer.bias_momentums = np.zeros_like(layer.biases)
            weight_updates = self.momentum * layer.weight_momentums - rate * layer.dweights
            layer.weight_momentums = weight_updates
            bias_updates = self.momentum * layer.bias_momentums - rate * layer.dbiases
            layer.bias_momentums = bias_updates
        else:
            weight_updates = -rate * layer.dweights
            bias_updates = -rate * layer.dbiases
        layer.weights += weight_updates
        layer.biases += bias_updates
        self.iterations += 1


def get_data(folder='fashion'):
    if not os.path.isdir(folder):
        os.makedirs(folder)
        for name in ('train', 'test'):
            urllib.request.urlretrieve(os.environ['DATA_URL'] + name + '.npz', os.path.join(folder, name + '.npz'))
    d = np.load(os.path.join(folder, 'train.npz'))
    return (d['x'].astype(np.float32) - 127.5) / 127.5, d['y']


if __name__ == '__main__':
    X, y = get_data()
    net = SimpleConvNet((1, 28, 28), classes=10)
    opt = Optimizer_SGD(0.1, decay=1e-3, momentum=0.9)
    for epoch in range(10):
        keys = np.array(range(X.shape[0]))
        np.random.shuffle(keys)
        for step in range(len(X) // 128):
            rows = keys[step * 128:(step + 1) * 128]
            grads = net.gradient(X[rows], y[rows])
            opt.update_params(net.dense)
            for key in ('W1', 'b1'):
                net.params[key] -= 0.1 * grads[key]
            if not step % 100:
                print(f'epoch: {epoch}, step: {step}, loss: {net.loss(X[rows], y[rows]):.3f}')
