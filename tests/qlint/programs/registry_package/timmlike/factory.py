from .registry import model_entrypoint


def create_model(name, pretrained=False, **kwargs):
    create_fn = model_entrypoint(name)
    return create_fn(pretrained=pretrained, **kwargs)
