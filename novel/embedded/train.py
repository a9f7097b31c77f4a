"""Train the embedded model, stage by stage; each stage goes on where it stopped.

python -m novel.embedded.train begin        a folder to go on training a finished model in, such as the one that ships
python -m novel.embedded.train data         draw the pictures that the autoencoder learns from
python -m novel.embedded.train autoencoder  pictures to latents and back
python -m novel.embedded.train text         captions to what they say
python -m novel.embedded.train latents      draw the corpus and keep its latents
python -m novel.embedded.train denoiser     the diffusion model itself
python -m novel.embedded.train finish       crisper ink from the decoder, out of what the denoiser draws
python -m novel.embedded.train export       an ordinary diffusers folder
python -m novel.embedded.train blend        a model between two: one trained on, and what it began as
python -m novel.embedded.train tower        the image tower, which reads pictures and knows people again
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from novel.embedded import WEIGHTS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m novel.embedded.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    stages = parser.add_subparsers(dest="stage", required=True)

    def stage(name: str, help_: str) -> argparse.ArgumentParser:
        sub = stages.add_parser(name, help=help_, description=help_)
        sub.add_argument("--folder", type=Path, required=True, help="where data and checkpoints lie")
        sub.add_argument("--device", default="cpu", help="cpu or cuda")
        sub.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes; one thread each on a CPU")
        sub.add_argument("--seed", type=int, default=0)
        return sub

    begin = stage(
        "begin", "Make a folder in which training goes on from a finished model, and from the image tower that ships."
    )
    begin.add_argument("--weights", type=Path, default=WEIGHTS, help="a diffusers folder; the shipped one if left out")
    data = stage("data", "Draw pictures for the autoencoder.")
    data.add_argument("--pictures", type=int, default=1500)
    _autoencoder(stage("autoencoder", "Train the autoencoder for a while."))
    text = stage("text", "Train the text encoder for a while.")
    text.add_argument("--seconds", type=float, default=1500)
    text.add_argument("--batch", type=int, default=48, help="captions a step in each process")
    text.add_argument("--rate", type=float, default=1e-3)
    text.add_argument("--half", action="store_true", help="bfloat16 autocast")
    text.add_argument(
        "--was", type=Path, help="learn another tokenizer: stay, with --hold, what this finished model was by its own"
    )
    text.add_argument(
        "--hold", type=float, default=0.0, help="how firmly it stays what a denoiser has learned from; 0 for not at all"
    )
    corpus_ = stage("latents", "Draw the corpus and keep its latents.")
    corpus_.add_argument("--pictures", type=int, default=20000)
    corpus_.add_argument("--half", action="store_true", help="bfloat16 autocast")
    corpus_.add_argument(
        "--skip", type=int, default=0, help="leave out the scenes numbered below this, which a model has learned from"
    )
    added = corpus_.add_mutually_exclusive_group()
    added.add_argument("--first", action="store_true", help="add the scenes that are learned first where time is short")
    added.add_argument("--things", action="store_true", help="add scenes with two things or more")
    added.add_argument("--crowds", action="store_true", help="add scenes with three people or more")
    added.add_argument(
        "--full", action="store_true", help="add scenes, counted for themselves, with a thing on every free side"
    )
    added.add_argument("--retell", action="store_true", help="add none: tell those there anew, in today's words")
    _denoiser(stage("denoiser", "Train the denoiser for a while."))
    _finish(stage("finish", "Let the decoder learn crisp ink, from what the denoiser draws and from a critic."))
    export = stage("export", "Write a diffusers folder.")
    export.add_argument("--out", type=Path, required=True, help="the folder to write, replaced if there")
    export.add_argument("--shard", type=int, default=0, help="the most megabytes of one file; 0 for no limit")
    blend = stages.add_parser("blend", help="Write a model between two.", description="Write a model between two.")
    blend.add_argument("--before", type=Path, default=WEIGHTS, help="what it began as; the shipped one if left out")
    blend.add_argument("--after", type=Path, required=True, help="what `export` wrote after training on")
    blend.add_argument("--share", type=float, default=0.35, help="of the one after, from 0 to 1")
    blend.add_argument("--text-share", type=float, help="of the text encoder, if another than the denoiser's")
    blend.add_argument("--out", type=Path, required=True, help="the folder to write, replaced if there")
    _tower(stage("tower", "Train the image tower on the teacher's pictures, and write the file that ships."))
    return parser


def _autoencoder(ae: argparse.ArgumentParser) -> None:
    ae.add_argument("--pictures", type=int, default=1500)
    ae.add_argument("--seconds", type=float, default=1500)
    ae.add_argument("--crop", type=int, default=64)
    ae.add_argument("--batch", type=int, default=6, help="crops a step in each process")
    ae.add_argument("--rate", type=float, default=2e-3)
    ae.add_argument(
        "--decoder-only", action="store_true", help="leave the encoder as it is, so that latents stay valid"
    )
    ae.add_argument(
        "--reduce", type=int, default=1, choices=(1, 2, 4), help="begin on smaller pictures (4, then 2, then 1)"
    )
    ae.add_argument(
        "--keep-latents", action="store_true", help="grow outwards, with the latents of the smaller one as they are"
    )
    ae.add_argument("--start", type=Path, help="begin from this saved autoencoder (a folder) of the same levels")
    ae.add_argument("--channels", type=int, default=8, help="of the latents; when it begins")
    ae.add_argument(
        "--widths", type=int, nargs=5, default=(16, 16, 32, 64, 64), help="channels, outermost first; when it begins"
    )
    ae.add_argument("--half", action="store_true", help="bfloat16 autocast")


def _denoiser(denoiser: argparse.ArgumentParser) -> None:
    denoiser.add_argument("--seconds", type=float, default=3600)
    denoiser.add_argument("--batch", type=int, default=8, help="pictures a step in each process")
    denoiser.add_argument("--rate", type=float, default=8e-4)
    denoiser.add_argument("--widths", type=int, nargs=3, default=(64, 128, 192), help="channels of the three levels")
    denoiser.add_argument("--layers", type=int, default=1, help="residual blocks a level")
    denoiser.add_argument("--start", type=Path, help="begin from this saved denoiser (a folder), in its own make")
    denoiser.add_argument(
        "--emphasis", type=float, default=0.5, help="power of the weights of people and things: 0 for none, 1 for all"
    )
    denoiser.add_argument(
        "--broad", type=float, default=4.0, help="weight of the light over the whole and over areas; 0 for none"
    )
    denoiser.add_argument(
        "--others",
        type=float,
        help="share of the pictures that are none of the curriculum's beginning; all alike if left out",
    )
    denoiser.add_argument(
        "--things",
        type=float,
        help="share of the pictures that show two things or more; --crowds is then that of the rest",
    )
    denoiser.add_argument(
        "--crowds",
        type=float,
        help="share of the others that show three people or more; --others is then that of the rest",
    )
    denoiser.add_argument(
        "--even",
        type=float,
        default=0.0,
        help="how far rare styles and hours are made as frequent as common ones: 0 for not, 1 for wholly",
    )
    denoiser.add_argument(
        "--full", type=float, default=0.0, help="share of the pictures that have a thing on every free side"
    )
    denoiser.add_argument(
        "--naming", type=float, default=0.05, help="weight of telling their things off the denoiser's features"
    )
    denoiser.add_argument("--decay", type=float, default=0.999, help="of the averaged weights")
    denoiser.add_argument("--hold", type=float, default=0.7, help="share of the run before the rate falls")
    denoiser.add_argument("--half", action="store_true", help="bfloat16 autocast")
    denoiser.add_argument("--joint", action="store_true", help="train the text encoder along, at a tenth of the rate")
    denoiser.add_argument("--compile", action="store_true", help="torch.compile")


def _finish(finish: argparse.ArgumentParser) -> None:
    finish.add_argument("--seconds", type=float, default=3600)
    finish.add_argument("--pictures", type=int, default=3000, help="of the teacher")
    finish.add_argument("--drawn", type=int, default=400, help="that the denoiser draws first, about a second each")
    finish.add_argument("--crop", type=int, default=128, help="side of the pieces learned from, in pixels")
    finish.add_argument("--batch", type=int, default=4, help="pieces of either kind a step in each process")
    finish.add_argument("--rate", type=float, default=3e-4)
    finish.add_argument("--layers", type=int, default=2, help="residual blocks a level, added if there are fewer")
    finish.add_argument("--critic", type=float, default=0.2, help="how hard the critic pulls; 1 is as hard as all else")
    finish.add_argument("--half", action="store_true", help="bfloat16 autocast")


def _tower(tower: argparse.ArgumentParser) -> None:
    tower.add_argument("--pictures", type=int, default=8000, help="with a cast that comes back")
    tower.add_argument("--plain", type=int, default=20000, help="others")
    tower.add_argument("--seconds", type=float, default=4500, help="for the reader")
    tower.add_argument("--people-seconds", type=float, default=400, help="for the knower of people")
    tower.add_argument("--batch", type=int, default=16, help="pictures a step in each of the reader's processes")
    tower.add_argument("--rate", type=float, default=2e-3)
    tower.add_argument("--out", type=Path, help="the folder of tower.safetensors; the shipped one if left out")


def main(argv: list[str] | None = None) -> None:
    """Run one stage."""
    args = _parser().parse_args(argv)
    if args.stage == "begin":
        from novel.embedded.training.begin import begin

        begin(args.weights, args.folder)
    elif args.stage == "data":
        from novel.embedded.training import corpus

        corpus.manifest(args.folder)
        corpus.cache(args.folder, "train", args.pictures, (768, 384), args.workers)
    elif args.stage == "autoencoder":
        from novel.embedded.training import autoencoder

        autoencoder.train(
            autoencoder.Settings(
                args.folder,
                args.seconds,
                args.device,
                args.pictures,
                args.workers,
                args.crop,
                args.batch,
                args.rate,
                args.seed,
                args.decoder_only,
                args.reduce,
                args.half,
                args.keep_latents,
                args.start,
                args.channels,
                tuple(args.widths),
            )
        )
    elif args.stage == "text":
        from novel.embedded.training import text

        text.train(
            text.Settings(
                args.folder,
                args.seconds,
                args.device,
                args.workers,
                args.batch,
                args.rate,
                args.seed,
                args.half,
                args.hold,
                args.was,
            )
        )
    elif args.stage == "latents":
        from novel.embedded.training import curriculum, latents

        if args.retell:
            latents.retell(args.folder, args.workers)
            return
        kinds: tuple[curriculum.Kind, ...] = ("first", "things", "crowds", "full")
        kind: curriculum.Kind = next((k for k in kinds if getattr(args, k)), "all")
        latents.make(args.folder, args.pictures, args.device, args.workers, args.half, kind, args.skip)
    elif args.stage == "denoiser":
        from novel.embedded.training import denoiser
        from novel.embedded.training.latents import Mix

        denoiser.train(
            denoiser.Settings(
                args.folder,
                args.seconds,
                args.device,
                args.workers,
                args.batch,
                args.rate,
                args.seed,
                args.half,
                args.joint,
                args.compile,
                args.decay,
                args.hold,
                tuple(args.widths),
                args.layers,
                args.start,
                args.emphasis,
                args.broad,
                Mix(args.others, args.things, args.crowds, args.even),
                args.full,
                args.naming,
            )
        )
    elif args.stage == "finish":
        from novel.embedded.training import finish

        finish.train(
            finish.Settings(
                args.folder,
                args.seconds,
                args.device,
                args.pictures,
                args.drawn,
                args.workers,
                args.crop,
                args.batch,
                args.rate,
                args.seed,
                args.half,
                args.layers,
                args.critic,
            )
        )
    elif args.stage == "export":
        import json

        from novel.embedded.training import export

        print(json.dumps(export.export(args.folder, args.out, args.shard)))
    elif args.stage == "blend":
        from novel.embedded.training.blend import blend

        blend(args.before, args.after, args.share, args.out, args.text_share)
    elif args.stage == "tower":
        import json

        from novel.embedded.tower import FILE
        from novel.embedded.training import tower

        settings = tower.Settings(
            args.folder,
            args.seconds,
            args.people_seconds,
            args.pictures,
            args.plain,
            args.batch,
            args.rate,
            args.seed,
            args.workers,
        )
        print(json.dumps(tower.train(settings, args.out or FILE.parent)))


if __name__ == "__main__":
    main()
