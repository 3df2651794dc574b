from net import Net
from static import static

if __name__ == "__main__":
    static(Net(), None)
