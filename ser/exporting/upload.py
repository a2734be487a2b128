"""An exported folder on the Hugging Face hub."""

from pathlib import Path

from ser.errors import UserError
from ser.models.checkpoint import reason


def push(folder: Path, name: str) -> str:
    """Upload a folder as a model, made first where there is none; return its address.

    The token is that of `hf auth login` or of HF_TOKEN, the hub that of HF_ENDPOINT.

    Raises:
        UserError: the hub cannot be reached, or refuses.
    """
    from huggingface_hub import HfApi

    api = HfApi()
    try:
        api.create_repo(name, exist_ok=True)
        api.upload_folder(repo_id=name, folder_path=folder, commit_message="Export of ser-grid")
    except Exception as error:  # of the network, of the hub
        raise UserError(
            f"push={name}: the hub refuses or cannot be reached: {reason(error)}; {folder} is complete, so that only"
            " push=<owner/name> need be called again; check the name, and log in: hf auth login"
        ) from error
    return f"{api.endpoint}/{name}"
