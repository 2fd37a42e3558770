"""``python -m bot.safety.train``: trains the second net and saves it in ``models/``."""

from bot.safety.guard import RedFlags
from bot.safety.net import Net

if __name__ == "__main__":
    Net(RedFlags.load()).train().save()
