"""The two Rasa components, as Rasa calls them; with the stand-in, in a process of their own."""

from __future__ import annotations

import ast

from tests.rasa_server.test_tensorflow_stub import in_python

CODE = """
    from bot.rasa_server import tensorflow_stub
    tensorflow_stub.install()
    import tempfile, warnings
    from pathlib import Path
    warnings.filterwarnings("ignore")
    from rasa.engine.graph import ExecutionContext, GraphSchema
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.storage.resource import Resource
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData
    from bot.rasa_server.intent_classifier import PatientClassifier
    from bot.rasa_server.situation_extractor import ContextFinder

    iron = ["is it my iron", "can low iron cause it", "iron and my legs", "does anemia matter", "what has iron to do with it"]
    coffee = ["can i drink coffee", "does caffeine matter", "is coffee bad", "tea and my legs", "should i stop coffee"]
    examples = [Message({"text": t, "intent": "ask_iron_link"}) for t in iron] + [Message({"text": t, "intent": "ask_caffeine"}) for t in coffee]
    with tempfile.TemporaryDirectory() as folder:
        storage, resource = LocalModelStorage(Path(folder)), Resource("classifier")
        context = ExecutionContext(GraphSchema({}))
        PatientClassifier.create({**PatientClassifier.get_default_config()}, storage, resource, context).train(TrainingData(examples))
        loaded = PatientClassifier.load({}, storage, resource, context)
    messages = [Message({"text": "im pregnant, is coffee bad? can low iron cause it"}), Message({"text": "  "})]
    ContextFinder.create({}, storage, resource, context).process(messages)
    first, second = (m.as_dict(only_output_properties=True) for m in loaded.process(messages))
    print(sorted({first["intent"]["name"], (first.get("also") or {}).get("name")}))
    print([(e["entity"], e["value"], e["start"], e["end"], e["extractor"]) for e in first["entities"]], first["elliptical"], first["mentions"])
    print(second["intent"], second["intent_ranking"], second.get("also"))
"""


def test_training_loading_and_parsing() -> None:
    lines = in_python(CODE).splitlines()[-3:]
    assert lines[0] == "['ask_caffeine', 'ask_iron_link']"
    assert lines[1] == "[('pregnant', 'yes', 3, 11, 'ContextFinder')] False []"
    assert lines[2] == "{'name': None, 'confidence': 0.0} [] None"


KEPT = """
    from bot.rasa_server import tensorflow_stub, training
    tensorflow_stub.install()
    import tempfile, warnings
    from pathlib import Path
    warnings.filterwarnings("ignore")
    from rasa.engine.training.fingerprinting import calculate_fingerprint_key
    from bot.rasa_server.follow_up_reader import FollowUpReader
    from bot.rasa_server.intent_classifier import PatientClassifier

    training.ROOT = Path(tempfile.mkdtemp())
    (training.ROOT / "bot/understanding").mkdir(parents=True)
    for code in ("one", "one", "other"):
        (training.ROOT / "bot/understanding/encoder.py").write_text(code)
        print([calculate_fingerprint_key(component, {}, {}) for component in (FollowUpReader, PatientClassifier)])
"""


def test_rasa_does_not_take_a_component_from_its_cache_whose_code_has_changed() -> None:
    """Rasa looks at the component's own class and data; what it calls stands in other rooms."""
    before, again, after = (ast.literal_eval(line) for line in in_python(KEPT).splitlines()[-3:])
    assert before == again
    assert all(key not in before for key in after)
