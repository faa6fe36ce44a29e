"""What comes after the lecture: convolutional and recurrent networks."""

from typing import Any, Final

from dlbench.records.images import Conv2D, MaxPool2D
from dlbench.records.layers import Adam, Dense, Dropout, Flatten
from dlbench.records.network import Network
from dlbench.records.sequences import GRU, LSTM, Embedding

_MNIST: dict[str, Any] = {
    "dataset": "mnist",
    "inputs": (28, 28),
    "loss": "sparse_categorical_crossentropy",
    "optimizer": Adam(),
    "epochs": 5,
    "batch": 128,
}

NETWORKS: Final = (
    # https://keras.io/examples/vision/mnist_convnet/ (F. Chollet), as it is there
    Network(
        name="mnist-cnn",
        about="handwritten digits, two convolutions with pooling",
        layers=(
            Conv2D(32, 3, activation="relu"),
            MaxPool2D(2),
            Conv2D(64, 3, activation="relu"),
            MaxPool2D(2),
            Flatten(),
            Dropout(0.5),
            Dense(10, "softmax"),
        ),
        **_MNIST,
    ),
    # every row of an image is a step: Le et al. (2015), section 4.2, where every pixel is one
    Network(
        name="mnist-lstm",
        about="handwritten digits, row by row through an LSTM",
        layers=(LSTM(64), Dense(10, "softmax")),
        **_MNIST,
    ),
    Network(
        name="marker-gru",
        about="symbols through an embedding and a GRU: recall the one behind the marker",
        dataset="marker",
        inputs=(20,),
        layers=(Embedding(10, 16), GRU(32), Dense(9, "softmax")),
        loss="sparse_categorical_crossentropy",
        optimizer=Adam(lr=0.003),
        epochs=10,
        batch=32,
    ),
)
