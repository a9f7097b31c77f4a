"""Each family as a tiny pipeline of random weights, made of its real classes: it draws a picture in a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TOKENIZER = Path(__file__).parent / "render" / "tokenizer"
"""A list of 58 words, each a token: all that the tiny models read."""

CHAT = (
    "{% for message in messages %}<s> {{ message['content'] }} </s>{% endfor %}"
    "{% if add_generation_prompt %}<s>{% endif %}"
)
"""A template for a talk, as the language models have that some families read prompts with."""


def tokenizer(length: int | None = None, **more: Any) -> Any:
    from transformers import AutoTokenizer

    made = AutoTokenizer.from_pretrained(TOKENIZER, **({"model_max_length": length} if length else {}), **more)
    return made


def talker() -> Any:
    made = tokenizer(2048)
    made.chat_template = CHAT
    return made


def clip(projected: bool, **more: Any) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        **{
            "vocab_size": 61,
            "hidden_size": 16,
            "intermediate_size": 32,
            "num_attention_heads": 2,
            "num_hidden_layers": 2,
            "max_position_embeddings": 64,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "pad_token_id": 0,
            "projection_dim": 16,
            **more,
        }
    )
    return CLIPTextModelWithProjection(config) if projected else CLIPTextModel(config)


def t5() -> Any:
    from transformers import T5Config, T5EncoderModel

    config = T5Config(vocab_size=61, d_model=32, d_kv=8, d_ff=37, num_layers=1, num_heads=2, decoder_start_token_id=0)
    return T5EncoderModel(config)


def qwen_3(layers: int, causal: bool) -> Any:
    from transformers import Qwen3Config, Qwen3ForCausalLM, Qwen3Model

    config = Qwen3Config(
        vocab_size=61,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=layers,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=2048,
    )
    return Qwen3ForCausalLM(config) if causal else Qwen3Model(config)


def vae(channels: int, **config: Any) -> Any:
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(8, 8),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=channels,
        norm_num_groups=4,
        sample_size=32,
        **config,
    )


FLOW_VAE: dict[str, Any] = {
    "shift_factor": 0.06,
    "scaling_factor": 1.5,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
}


def flow(**config: Any) -> Any:
    from diffusers import FlowMatchEulerDiscreteScheduler

    return FlowMatchEulerDiscreteScheduler(**config)


def stable_diffusion_2() -> Any:
    """As version 2.1: it predicts v, its layers are linear, and its text encoder is another."""
    from diffusers import DDIMScheduler, StableDiffusionPipeline, UNet2DConditionModel

    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        cross_attention_dim=24,
        norm_num_groups=8,
    )
    return StableDiffusionPipeline(
        vae=vae(4),
        text_encoder=clip(False, hidden_size=24, hidden_act="gelu", num_hidden_layers=3),
        tokenizer=tokenizer(),
        unet=unet,
        scheduler=DDIMScheduler(
            beta_schedule="scaled_linear", clip_sample=False, prediction_type="v_prediction", steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def stable_diffusion_xl() -> Any:
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline, UNet2DConditionModel

    unet = UNet2DConditionModel(
        sample_size=16,
        in_channels=4,
        out_channels=4,
        block_out_channels=(16, 32),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=(2, 4),
        use_linear_projection=True,
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        transformer_layers_per_block=(1, 1),
        projection_class_embeddings_input_dim=64,
        cross_attention_dim=32,
        norm_num_groups=8,
    )
    return StableDiffusionXLPipeline(
        vae=vae(4),
        text_encoder=clip(False),
        text_encoder_2=clip(True),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
        unet=unet,
        scheduler=EulerDiscreteScheduler(beta_schedule="scaled_linear", timestep_spacing="leading", steps_offset=1),
    )


def stable_diffusion_3() -> Any:
    from diffusers import SD3Transformer2DModel, StableDiffusion3Pipeline

    transformer = SD3Transformer2DModel(
        sample_size=16,
        patch_size=1,
        in_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_projection_dim=32,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        out_channels=4,
    )
    return StableDiffusion3Pipeline(
        transformer=transformer,
        scheduler=flow(shift=3.0),
        vae=vae(4, **FLOW_VAE),
        text_encoder=clip(True),
        text_encoder_2=clip(True),
        text_encoder_3=t5(),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
        tokenizer_3=tokenizer(),
    )


def flux_1(pipeline: str = "FluxPipeline") -> Any:
    import diffusers

    transformer = diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=16,
        axes_dims_rope=(4, 4, 8),
        guidance_embeds=True,
    )
    return getattr(diffusers, pipeline)(
        transformer=transformer,
        scheduler=flow(),
        vae=vae(1, **FLOW_VAE),
        text_encoder=clip(False),
        text_encoder_2=t5(),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
    )


def flux_1_kontext() -> Any:
    return flux_1("FluxKontextPipeline")


def flux_2_klein(distilled: bool = False) -> Any:
    from diffusers import AutoencoderKLFlux2, Flux2KleinPipeline, Flux2Transformer2DModel

    transformer = Flux2Transformer2DModel(
        patch_size=1,
        in_channels=4,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=48,
        timestep_guidance_channels=16,
        axes_dims_rope=(4, 4, 4, 4),
        guidance_embeds=False,
    )
    return Flux2KleinPipeline(
        transformer=transformer,
        scheduler=flow(use_dynamic_shifting=True),
        vae=AutoencoderKLFlux2(
            block_out_channels=(8, 8),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            latent_channels=1,
            norm_num_groups=4,
            sample_size=32,
            use_quant_conv=False,
            use_post_quant_conv=False,
        ),
        text_encoder=qwen_3(28, causal=True),  # The encoding is made of the layers 9, 18 and 27.
        tokenizer=talker(),
        is_distilled=distilled,
    )


def qwen_image(pipeline: str = "QwenImagePipeline", **more: Any) -> Any:
    import diffusers
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    channels = 4
    reads = letters()
    picture, begin, end = reads.convert_tokens_to_ids(PICTURE_MARKS)
    transformer = diffusers.QwenImageTransformer2DModel(
        patch_size=2,
        in_channels=16,
        out_channels=channels,
        num_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        guidance_embeds=False,
        axes_dims_rope=(8, 4, 4),
    )
    autoencoder = diffusers.AutoencoderKLQwenImage(
        base_dim=8,
        z_dim=channels,
        dim_mult=[1, 2],
        num_res_blocks=1,
        temperal_downsample=[False],
        latents_mean=[0.0] * channels,
        latents_std=[1.0] * channels,
    )
    reader = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": 64,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "rope_parameters": {"mrope_section": [1, 1, 2], "rope_theta": 1000000.0, "rope_type": "default"},
        },
        vision_config={
            "depth": 1,
            "hidden_size": 16,
            "intermediate_size": 16,
            "num_heads": 2,
            "out_hidden_size": 16,
            "fullatt_block_indexes": [0],
            "window_size": 56,
        },
        image_token_id=picture,
        vision_start_token_id=begin,
        vision_end_token_id=end,
        video_token_id=63,
    )
    return getattr(diffusers, pipeline)(
        transformer=transformer,
        scheduler=flow(use_dynamic_shifting=True, shift_terminal=0.02),
        vae=autoencoder,
        text_encoder=Qwen2_5_VLForConditionalGeneration(reader),
        tokenizer=reads,
        **more,
    )


def letters() -> Any:
    """A tokenizer for which each letter is a word, with Qwen's marks for pictures: the templates of Qwen-Image must
    have more tokens than are cut off their beginning."""
    import string

    from tokenizers import Regex, Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Split
    from transformers import PreTrainedTokenizerFast

    words = {letter: n for n, letter in enumerate("?" + string.ascii_lowercase + " ,.:<>|_{}()")}
    made = Tokenizer(WordLevel(words, "?"))
    made.pre_tokenizer = Split(Regex("."), "isolated")
    fast = PreTrainedTokenizerFast(tokenizer_object=made, unk_token="?", pad_token="?", model_max_length=4096)
    fast.add_special_tokens({"additional_special_tokens": PICTURE_MARKS})
    return fast


PICTURE_MARKS = ["<|image_pad|>", "<|vision_start|>", "<|vision_end|>"]


def qwen_image_edit() -> Any:
    return qwen_image("QwenImageEditPlusPipeline", processor=None)


def save(name: str, folder: Path) -> Path:
    """Make a family's tiny pipeline and save it as a model's folder."""
    import json

    import torch
    from transformers import Qwen2VLImageProcessorPil

    torch.manual_seed(0)
    FAMILIES[name].make().save_pretrained(folder)
    if name == "qwen-edit":
        # The processor itself can't be made here without a library for films; of its files, this one counts.
        Qwen2VLImageProcessorPil(min_pixels=28 * 28, max_pixels=56 * 56).save_pretrained(folder / "processor")
        index = json.loads((folder / "model_index.json").read_text())
        index["processor"] = ["transformers", "Qwen2VLProcessor"]
        (folder / "model_index.json").write_text(json.dumps(index))
    return folder


def save_lora(pipe: Any, folder: Path) -> Path:
    """A LoRA of random weights for a pipeline, in the form in which diffusers saves one."""
    import torch
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    part = "unet" if hasattr(pipe, "unet") else "transformer"
    denoiser = getattr(pipe, part)
    torch.manual_seed(5)
    denoiser.add_adapter(LoraConfig(r=2, lora_alpha=4, init_lora_weights=False, target_modules=["to_q", "to_v"]))
    layers = convert_state_dict_to_diffusers(get_peft_model_state_dict(denoiser))
    pipe.save_lora_weights(folder, weight_name="ink.safetensors", **{f"{part}_lora_layers": layers})
    denoiser.delete_adapters("default")
    return folder / "ink.safetensors"


def save_picture(path: Path, color: str) -> Path:
    """A picture to look at, of a colour."""
    from PIL import Image

    image = Image.effect_mandelbrot((96, 64), (-2, -1.5, 1, 1.5), 30).convert("RGB")
    Image.blend(image, Image.new("RGB", image.size, color), 0.5).save(path)
    return path


def z_image() -> Any:
    from diffusers import ZImagePipeline, ZImageTransformer2DModel

    transformer = ZImageTransformer2DModel(
        all_patch_size=(2,),
        all_f_patch_size=(1,),
        in_channels=4,
        dim=32,
        n_layers=1,
        n_refiner_layers=1,
        n_heads=2,
        n_kv_heads=2,
        cap_feat_dim=16,
        axes_dims=[8, 4, 4],
        axes_lens=[1024, 64, 64],
    )
    return ZImagePipeline(
        transformer=transformer,
        scheduler=flow(shift=3.0),
        vae=vae(4, **FLOW_VAE),
        text_encoder=qwen_3(3, causal=False),
        tokenizer=talker(),
    )


@dataclass(frozen=True)
class Tiny:
    """How a tiny pipeline is made, which sampler is its own, how its plain pipeline is called, how its references."""

    make: Callable[[], Any]
    sampler: str = "flow"
    guidance_by: str = "guidance_scale"
    negative: bool = True


FAMILIES: dict[str, Tiny] = {
    "sd2": Tiny(stable_diffusion_2, "ddim"),
    "sdxl": Tiny(stable_diffusion_xl, "euler"),
    "sd3": Tiny(stable_diffusion_3),
    "flux1": Tiny(flux_1, negative=False),
    "kontext": Tiny(flux_1_kontext, negative=False),
    "klein": Tiny(flux_2_klein, negative=False),
    "qwen": Tiny(qwen_image, guidance_by="true_cfg_scale"),
    "qwen-edit": Tiny(qwen_image_edit, guidance_by="true_cfg_scale"),
    "z": Tiny(z_image),
}
