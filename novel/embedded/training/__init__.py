"""How the embedded model is trained: corpus, autoencoder, text encoder, denoiser, export."""
