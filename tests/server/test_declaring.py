"""Dataclasses whose methods are compiled late behave as others do."""

import dataclasses
import subprocess
import sys

import pytest
from nablint_server.running import declaring


@pytest.fixture
def late(monkeypatch):
    monkeypatch.setattr(dataclasses, "_create_fn", getattr(dataclasses, "_create_fn", None), raising=False)
    if not declaring.compile_late():
        pytest.skip("this Python compiles them in another way")


def test_methods_are_compiled_by_their_first_call(late):
    @dataclasses.dataclass(order=True)
    class Place:
        row: int
        marks: list = dataclasses.field(default_factory=list)

    waiting = Place.__dict__["__init__"]
    assert Place(1) == Place(row=1) != Place(2)
    assert Place(1) < Place(2)
    assert repr(Place(1)).endswith("Place(row=1, marks=[])")
    assert Place(1).marks is not Place(1).marks
    assert Place.__dict__["__init__"] is not waiting
    assert Place.__init__.__qualname__.endswith("Place.__init__")
    with pytest.raises(TypeError, match=r"Place.__init__\(\) missing 1 required positional argument"):
        Place()


def test_frozen_ones_with_slots_and_bases(late):
    @dataclasses.dataclass(frozen=True, slots=True)
    class Node:
        name: str

    @dataclasses.dataclass(frozen=True, slots=True)
    class Leaf(Node):
        value: int = 0

        def __post_init__(self):
            super(Leaf, self).__init__(self.name * 2)

    leaf = Leaf("x", value=3)
    assert (leaf.name, leaf.value) == ("xx", 3)
    assert {leaf: 1}[dataclasses.replace(Leaf("x"), name="x", value=3)]
    with pytest.raises(dataclasses.FrozenInstanceError):
        leaf.value = 4


@pytest.mark.parametrize("compiler", [None, lambda cls, name: None], ids=["none", "of another kind"])
def test_a_python_that_compiles_otherwise_is_left_alone(monkeypatch, compiler):
    monkeypatch.setattr(dataclasses, "_create_fn", compiler, raising=False)
    assert not declaring.compile_late()
    assert dataclasses._create_fn is compiler


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_libcst_compiles_few_of_its_methods():
    if sys.version_info >= (3, 13):
        pytest.skip("this Python compiles them in another way")
    run("""
from nablint_server.running.declaring import compile_late
compile_late()
import libcst as cst
tree = cst.parse_module("def f(x):\\n    return x @ x.T\\n")
changed = tree.with_changes(body=tree.body)
assert changed.code == tree.code and changed.deep_equals(tree)
made = [c for c in vars(cst).values() if isinstance(c, type) and issubclass(c, cst.CSTNode)]
waiting = [c for c in made if getattr(c.__init__, "__module__", "") == "nablint_server.running.declaring"]
assert cst.Name not in waiting and len(waiting) > len(made) / 2, (len(waiting), len(made))
""")


def test_nodes_are_plain_and_what_is_abstract_stays_so():
    run("""
import abc
from nablint_server.running.declaring import import_nodes
import_nodes()
import libcst as cst
assert type(cst.Name) is type and issubclass(cst.Name, cst.BaseExpression)
assert isinstance(cst.Name("x"), cst.BaseAssignTargetExpression) and not isinstance(cst.Name("x"), cst.Assign)
assert cst.parse_module("x = 1\\n").body[0].body[0].deep_equals(cst.parse_statement("x = 1\\n").body[0])
name = cst.Name("x")
assert {name: 1}[name] and name != cst.Name("x") and name.with_changes(value="y").value == "y"
name.value = "z"
import dataclasses
@dataclasses.dataclass(frozen=True)
class Kept:
    x: int
try:
    Kept(1).x = 2
except dataclasses.FrozenInstanceError:
    pass
else:
    raise AssertionError
class Abstract(abc.ABC):
    @abc.abstractmethod
    def f(self): ...
try:
    Abstract()
except TypeError:
    pass
else:
    raise AssertionError
""")


def test_who_has_imported_libcst_keeps_it():
    run("""
import abc, libcst
from nablint_server.running.declaring import import_nodes
import_nodes()
assert type(libcst.Name) is abc.ABCMeta and type(abc.ABC) is abc.ABCMeta
""")
