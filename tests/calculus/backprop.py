"""What networks are made of: name, expression, variables with the gradient's text where it is known, shapes.

Losses are scalars; a layer alone is weighed with an arriving gradient G.
"""

ACTIVATIONS = ["sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "gelu_tanh", "silu", "softplus", "softmax",
               "log_softmax", "exp", "relu6", "softsign", "mish", "celu", "log_sigmoid"]

NETWORKS = [
    ("linear", "np.sum(G * (X @ W))", {"W": "Xᵀ G", "X": "G Wᵀ"}, {}),
    ("bias", "np.sum(G * (X @ W + b))", {"b": "Σ(G, axis=0)", "W": "Xᵀ G"}, {}),
    ("column bias", "np.sum(G * (W @ X + b))", {"b": "Σ(G, axis=1)", "W": "G Xᵀ"}, {"b": "m,1", "W": "m,n"}),
    ("squared", "np.sum((X @ w - y)**2)", {"w": "2 Xᵀ (X w - y)"}, {}),
    ("half squared", "0.5 * np.sum((X @ w - y)**2)", {"w": "Xᵀ (X w - y)"}, {}),
    ("mean squared", "np.mean((X @ W - Y)**2)", {"W": "2 Xᵀ (X W - Y) / (k n)"}, {"X": "n,m", "W": "m,k"}),
    ("cross-entropy of probabilities", "-np.sum(Y * np.log(P)) / n", {"P": "-Y / (n P)"}, {"P": "n,c", "Y": "n,c"}),
    ("cross-entropy of logits", "-np.sum(Y * log_softmax(Z, axis=1)) / n", {"Z": None}, {"Z": "n,c", "Y": "n,c"}),
    ("binary cross-entropy", "p = sigmoid(X @ w); -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))", {"w": None}, {}),
    ("binary cross-entropy of logits", "np.mean(np.logaddexp(0, z) - y * z)", {"z": None}, {}),
    ("hinge", "np.mean(np.maximum(0, 1 - y * (X @ w)))", {"w": None}, {}),
    ("Huber", "r = X @ w - y; np.sum(np.where(np.abs(r) < 1, 0.5 * r**2, np.abs(r) - 0.5))", {"w": None}, {}),
    ("ridge", "np.sum((X @ w - y)**2) + λ * np.sum(w**2)", {"w": "2 (Xᵀ (X w - y) + λ w)", "λ": "Σ(w²)"}, {}),
    ("lasso", "0.5 * np.sum((X @ w - y)**2) + λ * np.sum(np.abs(w))", {"w": "Xᵀ (X w - y) + λ sign(w)"}, {}),
    ("layer norm", "u = (X - np.mean(X, axis=1, keepdims=True)) / np.sqrt(np.var(X, axis=1, keepdims=True) + 1e-5);"
     " np.sum(G * (u * g + b))", {"X": None, "g": None, "b": "Σ(G, axis=0)"},
     {"X": "n,d", "g": "d", "b": "d", "G": "n,d"}),
    ("batch norm", "m = np.mean(X, axis=0); v = np.mean((X - m)**2, axis=0); u = (X - m) / np.sqrt(v + 1e-5);"
     " np.sum(G * (u * g + b))", {"X": None, "g": None, "b": "Σ(G, axis=0)"},
     {"X": "n,d", "g": "d", "b": "d", "G": "n,d"}),
    ("RMS norm", "np.sum(G * (g * X / np.sqrt(np.mean(X**2, axis=1, keepdims=True) + 1e-6)))", {"X": None, "g": None},
     {"X": "n,d", "g": "d", "G": "n,d"}),
    ("folded layer norm", "np.sum(G * standardize(X, axis=-1))", {"X": None}, {"X": "n,d", "G": "n,d"}),
    ("dropout", "np.sum(G * (X * M / 0.8))", {"X": None}, {"X": "n,d", "M": "n,d", "G": "n,d"}),
    ("attention", "S = Q @ K.T / 4 + M; A = softmax(S, axis=1); np.sum(G * (A @ V))",
     {"Q": None, "K": None, "V": "Aᵀ G"}, {"Q": "t,d", "K": "s,d", "V": "s,v", "M": "t,s", "G": "t,v"}),
    ("attention card", "np.sum(G * attention(Q, K, V, scale=0.25))", {"Q": None, "K": None, "V": None},
     {"Q": "t,d", "K": "s,d", "V": "s,v", "G": "t,v"}),
    ("RNN cell", "h = np.tanh(x @ U + s @ V + b); np.sum(G * h)", {"U": "xᵀ (G ∘ (1 - h²))", "V": "sᵀ (G ∘ (1 - h²))",
     "b": "Σ(G ∘ (1 - h²), axis=0)", "s": "(G ∘ (1 - h²)) Vᵀ"},
     {"x": "n,d", "s": "n,h", "U": "d,h", "V": "h,h", "b": "h", "G": "n,h"}),
    ("LSTM cell", "i = sigmoid(x @ Ui + s @ Vi); f = sigmoid(x @ Uf + s @ Vf); o = sigmoid(x @ Uo + s @ Vo);"
     " u = np.tanh(x @ Uc + s @ Vc); c = f * k + i * u; h = o * np.tanh(c); np.sum(G * h)",
     {"Ui": None, "Vf": None, "Uo": None, "Vc": None, "k": None, "x": None},
     {"x": "n,d", "s": "n,h", "k": "n,h", "G": "n,h", "Ui": "d,h", "Uf": "d,h", "Uo": "d,h", "Uc": "d,h"}),
    ("GRU cell", "z = sigmoid(x @ Uz + s @ Vz); r = sigmoid(x @ Ur + s @ Vr); u = np.tanh(x @ Uh + (r * s) @ Vh);"
     " h = (1 - z) * s + z * u; np.sum(G * h)", {"Uz": None, "Vr": None, "Vh": None, "s": None},
     {"x": "n,d", "s": "n,h", "G": "n,h", "Uz": "d,h", "Ur": "d,h", "Uh": "d,h"}),
    ("Gaussian log-likelihood", "-0.5 * np.sum((x - μ)**2) / σ**2 - n * np.log(σ)", {"μ": None, "σ": None}, {"x": "n"}),
    ("multivariate Gaussian", "-0.5 * (x - m).T @ inv(S) @ (x - m) - 0.5 * logdet(S)",
     {"m": None, "S": None}, {"x": "n", "m": "n", "S": "n,n,symmetric"}),
    ("Gaussian process", "0.5 * y @ solve(K, y) + 0.5 * logdet(K)", {"K": None, "y": None}, {"K": "n,n", "y": "n"}),
    ("Gaussian process by Cholesky",
     "L = cholesky(K); u = solve_triangular(L, y); 0.5 * u @ u + np.sum(np.log(diag(L)))",
     {"K": None, "y": None}, {"K": "n,n,symmetric", "y": "n"}),
    ("two layers", "h = np.tanh(X @ W1 + b1); P = h @ W2 + b2; 0.5 * np.sum((P - Y)**2) / n",
     {"W2": "hᵀ (P - Y) / n", "b2": "Σ(P - Y, axis=0) / n", "W1": "Xᵀ (((P - Y) W2ᵀ) ∘ (1 - h²)) / n"},
     {"X": "n,d", "W1": "d,h", "W2": "h,c", "b1": "h", "b2": "c"}),
]
