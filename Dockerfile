# One image for a class: JupyterLab with the Rust kernel, the compiled library and the notebooks.
#
#     docker build -t diffusion-intuition .
#     docker run --rm -p 8888:8888 diffusion-intuition
#
# `.devcontainer/`, `.binder/` and `deploy/` use it. Written and read, not yet built: no container engine runs where the
# book is made. The same steps are proven there without one by `cargo book ci classroom`.

# The Jupyter project's own image; newer ones than this name has are given by --build-arg JUPYTER=IMAGE.
ARG JUPYTER=jupyter/minimal-notebook:python-3.11

# Compiles the kernel (6 to 10 minutes on 2 cores) and the library.
FROM ${JUPYTER} AS setup
ARG RUST=1.95.0
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends build-essential curl \
    && rm -rf /var/lib/apt/lists/*
ENV RUSTUP_HOME=/opt/rust CARGO_HOME=/opt/cargo PATH=/opt/cargo/bin:${PATH}
RUN mkdir -p /opt/rust /opt/cargo /opt/book /opt/diffusion-intuition \
    && chown "${NB_UID}" /opt/rust /opt/cargo /opt/book /opt/diffusion-intuition
USER ${NB_UID}
RUN curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs \
    | sh -s -- -y --no-modify-path --profile minimal --component rust-src --default-toolchain "${RUST}"
COPY --chown=${NB_UID} . /opt/book
WORKDIR /opt/book
RUN cargo run --quiet --release --locked --package book -- setup --prefix /opt/diffusion-intuition \
    && rm -rf target

# What users start: nothing of it is theirs to write but their home.
FROM ${JUPYTER}
USER root
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
# Root's, and so read-only for every user.
COPY --from=setup --chown=root:root /opt/rust /opt/rust
COPY --from=setup --chown=root:root /opt/cargo/bin /opt/cargo/bin
COPY --from=setup --chown=root:root /opt/diffusion-intuition /opt/diffusion-intuition
COPY --from=setup --chown=root:root /opt/book /opt/book
# Images start with the notebooks in the work folder; a home that a hub mounts over it gets them by `deploy/values.yaml`.
COPY --from=setup --chown=${NB_UID}:${NB_GID} /opt/book /home/${NB_USER}/book
ENV RUSTUP_HOME=/opt/rust \
    PATH=/opt/diffusion-intuition/bin:/opt/cargo/bin:${PATH} \
    JUPYTER_PATH=/opt/diffusion-intuition/share/jupyter \
    DIFFUSION_INTUITION_PREFIX=/opt/diffusion-intuition
USER ${NB_UID}
WORKDIR /home/${NB_USER}/book/notebooks
